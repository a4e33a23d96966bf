-- $1 kind, $2 id
SELECT max(version) FROM definition_versions WHERE kind = $1 AND id = $2
