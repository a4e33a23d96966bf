-- The custom tools that an agent of a run may use, by name; of two with one name that of
-- the run's tenant. As tool_get.sql, for many. $1 names, $2 all of them instead, $3 run
-- id, $4 the tenant whose tools are common, $5 how many at most
SELECT x.id, x.name, x.definition
  FROM (SELECT DISTINCT ON (coalesce(t.definition->>'name', t.id))
	       t.id, coalesce(t.definition->>'name', t.id) AS name,
	       t.definition::text AS definition
	  FROM orchestration_runs r
	  JOIN tools t ON t.tenant_id IN (r.tenant_id, $4)
	 WHERE r.run_id = $3
	   AND ($2 OR t.definition->>'name' = ANY ($1::text[]) OR t.id = ANY ($1::text[]))
	 ORDER BY coalesce(t.definition->>'name', t.id), t.tenant_id = r.tenant_id DESC,
		  t.id) x
 ORDER BY x.name
 LIMIT $5
