-- The last sync of a data folder, and how many rows there are of each kind. $1 source
SELECT (SELECT s.synced_at FROM definition_syncs s WHERE s.source = $1),
       (SELECT s.files FROM definition_syncs s WHERE s.source = $1),
       (SELECT count(*) FROM orchestrations o WHERE o.is_active IS NOT FALSE),
       (SELECT count(*) FROM agents),
       (SELECT count(*) FROM tools),
       (SELECT count(*) FROM mcp_servers),
       (SELECT count(*) FROM scale_settings),
       (SELECT count(*) FROM definition_tombstones)
