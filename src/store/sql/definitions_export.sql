-- Definitions with their secrets masked, for a bundle. $1 all of them, $2..$5 ids of
-- orchestrations, agents, tools (or their names) and servers, $6 whose tools and servers
-- beside those of $7, or NULL, $8 at most, $9 the kind or NULL
SELECT x.kind, x.id, x.definition::text
  FROM (SELECT 1 AS n, 'orchestration' AS kind, o.id, o.definition
	  FROM orchestrations o
	 WHERE ($9 IS NULL OR $9 = 'orchestration')
	   AND o.is_active IS NOT FALSE AND ($1::bool OR o.id = ANY ($2::text[]))
	UNION ALL
	SELECT 2, 'agent', a.id, a.definition
	  FROM agents a
	 WHERE ($9 IS NULL OR $9 = 'agent') AND ($1::bool OR a.id = ANY ($3::text[]))
	UNION ALL
	SELECT 3, 'mcp_server', m.name, synapsed_masked('mcp_server', m.definition)
	  FROM mcp_servers m
	 WHERE ($9 IS NULL OR $9 = 'mcp_server') AND ($1::bool OR m.name = ANY ($5::text[]))
	   AND ($6 IS NULL OR m.tenant_id IN ($6, $7))
	UNION ALL
	SELECT 4, 'tool', t.id, synapsed_masked('tool', t.definition)
	  FROM tools t
	 WHERE ($9 IS NULL OR $9 = 'tool')
	   AND ($1::bool OR t.id = ANY ($4::text[]) OR t.definition->>'name' = ANY ($4::text[]))
	   AND ($6 IS NULL OR t.tenant_id IN ($6, $7))) x
 ORDER BY x.n, x.id
 LIMIT $8::int8
