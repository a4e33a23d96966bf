-- Store the next version of a definition whose newest version is another, as it is when
-- somebody else has written it. $1 id
WITH newest AS (
	SELECT version, sha256
	  FROM definition_versions
	 WHERE kind = 'orchestration' AND id = $1
	 ORDER BY version DESC
	 LIMIT 1
), changed AS (
	SELECT o.id, o.definition::text AS definition,
	       encode(sha256(convert_to(o.definition::text, 'UTF8')), 'hex') AS sha256
	  FROM orchestrations o
	 WHERE o.id = $1 AND o.is_active IS NOT FALSE
	   AND encode(sha256(convert_to(o.definition::text, 'UTF8')), 'hex')
	       IS DISTINCT FROM (SELECT sha256 FROM newest)
	   FOR UPDATE OF o
)
INSERT INTO definition_versions (kind, id, version, definition, sha256)
SELECT 'orchestration', c.id, coalesce((SELECT version FROM newest), 0) + 1, c.definition, c.sha256
  FROM changed c
    ON CONFLICT DO NOTHING
