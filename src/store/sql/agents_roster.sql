-- Agents that another one may give work to. $1 that one's id, $2 ids, $3 all but builders
-- instead, $4 how many at most
SELECT id, name, coalesce(definition->>'description', '')
  FROM agents
 WHERE id <> $1
   AND CASE WHEN $3 THEN coalesce(definition->>'type', '') <> 'builder'
	    ELSE id = ANY ($2::text[]) END
 ORDER BY id
 LIMIT $4
