SELECT version, settings FROM fleet_settings ORDER BY version DESC LIMIT 1
