-- The next version, if $1 is still the newest. $1 version (0: there is none), $2 settings
-- (JSON text), $3 who
INSERT INTO fleet_settings (version, settings, changed_by)
SELECT $1::int8 + 1, $2, $3
 WHERE $1::int8 = coalesce((SELECT max(f.version) FROM fleet_settings f), 0)
    ON CONFLICT (version) DO NOTHING
RETURNING version
