-- $1 source, $2 kind, $3 id, $4 name, $5 description or NULL, $6 definition (JSON text),
-- $7 its sha256, $8 tenant of a new one, $9 whether the store's own changes are overwritten
SELECT outcome, version, detail
  FROM synapsed_definition_sync($1, $2, $3, $4, $5, $6, $7, $8, $9::bool)
