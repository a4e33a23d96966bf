-- Versions of a definition, the newest first. $1 kind, $2 id, $3 below this one, $4 at most
SELECT version, created_at, sha256, octet_length(definition)
  FROM definition_versions
 WHERE kind = $1 AND id = $2 AND version < $3::int8
 ORDER BY version DESC
 LIMIT $4::int8
