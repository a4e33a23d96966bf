-- $1 kind, $2 id, $3 name, $4 description or NULL, $5 definition (JSON text), $6 tenant of a
-- new one, $7 whose it must be or NULL, $8 the version that there must be (0: none) or NULL
SELECT outcome, version, created, detail
  FROM synapsed_definition_put($1, $2, $3, $4, $5, $6, $7, $8::int8)
