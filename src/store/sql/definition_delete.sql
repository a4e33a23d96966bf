-- $1 kind, $2 id, $3 whose it must be or NULL, $4 the version that there must be or NULL
SELECT outcome, version FROM synapsed_definition_delete($1, $2, $3, $4::int8)
