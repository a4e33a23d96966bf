-- How a run stands that is to go on although it failed or was cancelled; locked, so that what follows in the
-- batch sees its whole journal. $1 run id, $2 its tenant (NULL: any), $3 a step of its
-- definition (NULL: none is asked about)
-- returns status, wake, whether its definition has the step
SELECT r.status, r.wake,
       $3::text IS NULL OR EXISTS (
	SELECT FROM definition_versions v,
		    jsonb_array_elements(v.definition::jsonb -> 'steps') AS e
	 WHERE v.kind = 'orchestration' AND v.id = r.orchestration_id
	   AND v.version = r.definition_version AND e ->> 'id' = $3)
  FROM orchestration_runs r
 WHERE r.run_id = $1 AND ($2::text IS NULL OR r.tenant_id = $2)
   FOR UPDATE OF r
