-- Questions of these runs that nobody answered in time are over, and runs that were parked
-- for them wake. Behind waits_late_lock.sql in the same batch. $1 run ids
-- returns run id, what its entry in the queue needs, owner: as answer_put.sql
WITH late AS (
	UPDATE run_waits w
	   SET state = 'expired', answered_at = now()
	  FROM unnest($1::text[]) AS i (run_id)
	  JOIN orchestration_runs r
	    ON r.run_id = i.run_id AND r.status IN ('queued', 'running', 'paused')
	 WHERE w.run_id = r.run_id AND w.state = 'open' AND w.deadline_at <= now()
	RETURNING w.run_id
), woken AS (
	UPDATE orchestration_runs r
	   SET status = CASE WHEN r.status = 'paused' THEN 'queued' ELSE r.status END,
	       wake = r.wake + CASE WHEN r.status = 'paused' THEN 1 ELSE 0 END,
	       ready_at = CASE WHEN r.status = 'paused' THEN now() ELSE r.ready_at END,
	       waiting_for_human = r.status = 'running' OR n.path IS NOT NULL,
	       human_prompt = n.prompt, human_fields = n.fields::jsonb,
	       current_step_id = NULL, updated_at = now()
	  FROM (SELECT DISTINCT l.run_id FROM late l) AS l
	  LEFT JOIN LATERAL (SELECT o.path, o.prompt, o.fields
			       FROM run_waits o
			      WHERE o.run_id = l.run_id AND o.state = 'open'
				AND (o.deadline_at IS NULL OR o.deadline_at > now())
			      ORDER BY o.opened_at, o.path
			      LIMIT 1) AS n ON true
	 WHERE r.run_id = l.run_id
	RETURNING r.run_id, r.status, r.wake, greatest(r.attempt, 1) AS attempt, r.queue,
		  r.lane, r.priority, r.tenant_id, r.orchestration_id,
		  r.definition_version, r.owner, r.kind
)
SELECT w.run_id, w.status, w.wake, w.attempt, w.queue, w.lane, w.priority, w.tenant_id,
       w.orchestration_id, coalesce(w.definition_version, 0),
       coalesce(t.max_concurrent_runs, 0), w.owner, w.kind = 'chat'
  FROM woken w
  LEFT JOIN tenants t ON t.tenant_id = w.tenant_id
