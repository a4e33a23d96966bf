-- A run that failed or was cancelled goes on, in one commit: queued, awake once more, its next attempt, and a
-- row of kind resume in its journal. Behind resume_lock.sql in the same batch. A dead letter
-- of it is resolved by that.
-- $1 run id, $2 its tenant (NULL: any), $3 the step that it goes on at (NULL: what failed or was cut off)
-- returns what its entry in the queue needs, if it was so
WITH woken AS (
	UPDATE orchestration_runs r
	   SET status = 'queued', wake = r.wake + 1, attempt = greatest(r.attempt, 1) + 1, owner = NULL,
	       crashes = 0, cause = NULL, charged_by = NULL, requeues = 0,
	       cancel_requested_at = NULL, ended_at = NULL, error = NULL,
	       final_response = NULL, ready_at = now(), updated_at = now()
	 WHERE r.run_id = $1 AND ($2::text IS NULL OR r.tenant_id = $2)
	   AND r.status IN ('failed', 'cancelled') AND r.wake > 0 AND r.kind = 'run'
	   AND ($3::text IS NULL OR EXISTS (
		SELECT FROM definition_versions v,
			    jsonb_array_elements(v.definition::jsonb -> 'steps') AS e
		 WHERE v.kind = 'orchestration' AND v.id = r.orchestration_id
		   AND v.version = r.definition_version AND e ->> 'id' = $3))
	RETURNING r.run_id::text AS run_id, r.wake, r.attempt, r.epoch, r.queue, r.lane,
		  r.priority, r.tenant_id, r.orchestration_id, r.definition_version,
		  synapsed_month(r.created_at) AS month
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, kind, delta)
	SELECT w.run_id, w.month,
	       1 + coalesce((SELECT max(s.seq)
			       FROM run_steps s
			      WHERE s.run_id = w.run_id COLLATE "C" AND s.month = w.month), 0),
	       w.epoch, 'resume', json_build_object('from_step', $3::text)::text
	  FROM woken w
), letters AS (
	UPDATE dead_letter_queue d
	   SET resolved = true
	  FROM woken w
	 WHERE d.run_id = w.run_id AND d.resolved IS NOT TRUE
)
SELECT w.wake, w.attempt, w.queue, w.lane, w.priority, w.tenant_id, w.orchestration_id,
       coalesce(w.definition_version, 0), coalesce(t.max_concurrent_runs, 0)
  FROM woken w
  LEFT JOIN tenants t ON t.tenant_id = w.tenant_id
