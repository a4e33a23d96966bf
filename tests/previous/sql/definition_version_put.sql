-- Store a version as it was written, if it differs from the newest one.
-- $1 kind, $2 id, $3 definition (JSON text)
WITH newest AS (
	SELECT version, sha256
	  FROM definition_versions
	 WHERE kind = $1 AND id = $2
	 ORDER BY version DESC
	 LIMIT 1
), this AS (
	SELECT encode(sha256(convert_to($3::jsonb::text, 'UTF8')), 'hex') AS sha256
)
INSERT INTO definition_versions (kind, id, version, definition, sha256)
SELECT $1, $2, coalesce((SELECT version FROM newest), 0) + 1, $3, t.sha256
  FROM this t
 WHERE t.sha256 IS DISTINCT FROM (SELECT sha256 FROM newest)
