-- What the source had at its last sync and has no more. $1 source, $2 kind, $3 ids it has
SELECT id FROM synapsed_definition_gone($1, $2, $3::text[]) AS id
