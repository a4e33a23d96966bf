-- A version that runs have pinned. $1 kind, $2 id, $3 version
SELECT id, NULL, definition, version, sha256
  FROM definition_versions
 WHERE kind = $1 AND id = $2 AND version = $3::int8
