-- How a run stands that somebody answers, and its open questions, two at most.
-- $1 run id, $2 its tenant (NULL: any), $3 the step, or the path, that asks (NULL: any)
-- returns status, and of a question path (NULL: there is none), execution, step id, fields;
-- whether a stock program left it waiting
SELECT r.status, w.path, w.execution, w.step_id, w.fields,
       r.status = 'paused' AND r.wake = 0
  FROM orchestration_runs r
  LEFT JOIN LATERAL (
	SELECT o.path, o.execution, o.step_id, o.fields
	  FROM run_waits o
	 WHERE o.run_id = r.run_id AND o.state = 'open'
	   AND ($3::text IS NULL OR o.step_id = $3 OR o.path = $3)
	 ORDER BY o.path, o.execution
	 LIMIT 2) AS w ON r.status IN ('queued', 'running', 'paused')
 WHERE r.run_id = $1 AND ($2::text IS NULL OR r.tenant_id = $2)
