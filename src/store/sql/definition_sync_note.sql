-- The last sync of a data folder. $1 source, $2 its files (JSON text)
INSERT INTO definition_syncs AS s (source, files)
VALUES ($1, $2)
    ON CONFLICT (source) DO UPDATE
   SET synced_at = now(), files = excluded.files
RETURNING synced_at
