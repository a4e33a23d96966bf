-- One question is answered, and a run that was parked for it wakes. Behind answer_lock.sql
-- in the same batch. Who comes second finds no row.
-- $1 run id, $2 its tenant (NULL: any), $3 path of the question, $4 its execution
-- $5 the answer (JSON text), $6 webhook URL and $7 secret to remember (NULL: as they were)
-- returns what the run's entry in the queue needs, if it was so
WITH answered AS (
	UPDATE run_waits w
	   SET state = 'answered', answer = $5, answered_at = now()
	  FROM orchestration_runs r
	 WHERE w.run_id = $1 AND w.path = $3 AND w.execution = $4::int4 AND w.state = 'open'
	   AND r.run_id = w.run_id AND ($2::text IS NULL OR r.tenant_id = $2)
	   AND r.status IN ('queued', 'running', 'paused')
	RETURNING w.run_id
), next AS (
	SELECT w.prompt, w.fields
	  FROM run_waits w
	 WHERE w.run_id = $1 AND w.state = 'open'
	   AND NOT (w.path = $3 AND w.execution = $4::int4)
	 ORDER BY w.opened_at, w.path
	 LIMIT 1
), woken AS (
	UPDATE orchestration_runs r
	   SET status = CASE WHEN r.status = 'paused' THEN 'queued' ELSE r.status END,
	       wake = r.wake + CASE WHEN r.status = 'paused' THEN 1 ELSE 0 END,
	       ready_at = CASE WHEN r.status = 'paused' THEN now() ELSE r.ready_at END,
	       -- who has it reads what is answered before it says that it does not wait
	       waiting_for_human = r.status = 'running' OR EXISTS (SELECT FROM next),
	       human_prompt = (SELECT n.prompt FROM next n),
	       human_fields = (SELECT n.fields::jsonb FROM next n),
	       current_step_id = NULL, updated_at = now(),
	       webhook_url = coalesce($6, r.webhook_url),
	       webhook_secret = coalesce($7, r.webhook_secret)
	  FROM answered a
	 WHERE r.run_id = a.run_id
	RETURNING r.status, r.wake, greatest(r.attempt, 1) AS attempt, r.queue, r.lane, r.priority, r.tenant_id,
		  r.orchestration_id, r.definition_version, r.owner, r.kind
)
SELECT w.status, w.wake, w.attempt, w.queue, w.lane, w.priority, w.tenant_id,
       w.orchestration_id, coalesce(w.definition_version, 0),
       coalesce(t.max_concurrent_runs, 0), w.owner, w.kind = 'chat'
  FROM woken w
  LEFT JOIN tenants t ON t.tenant_id = w.tenant_id
