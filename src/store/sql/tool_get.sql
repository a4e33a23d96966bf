-- A custom tool by its name, for a run: one of the run's tenant, else a common one. A
-- stock sync stores the label in column name, the name in the definition and either in
-- id. $1 name, $2 run id, $3 the tenant whose tools are common
SELECT t.definition::text
  FROM tools t, orchestration_runs r
 WHERE r.run_id = $2 AND t.tenant_id IN (r.tenant_id, $3)
   AND (t.definition->>'name' = $1 OR t.id = $1)
 ORDER BY t.tenant_id = r.tenant_id DESC, t.definition->>'name' = $1 DESC NULLS LAST, t.id
 LIMIT 1
