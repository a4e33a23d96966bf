-- A run that was charged too often ends: failed, with its last events and a dead letter, in
-- one commit.
-- $1 run id, $2 wake of its entry, $3 the incarnation whose death was charged last
-- $4 its crashes at least, $5 error (JSON text), $6 the same for people
-- $7 journal row to write: seq, $8 its events (JSON text), $9 durable events with those
WITH dead AS (
	UPDATE orchestration_runs r
	   SET status = 'failed', error = $5, final_response = $6, event_seq = $9,
	       ended_at = now(), updated_at = now(), waiting_for_human = false,
	       current_step_id = NULL
	 WHERE r.run_id = $1 AND r.wake = $2 AND r.status IN ('queued', 'running')
	   AND r.charged_by = $3 AND r.crashes >= $4::int8
	RETURNING r.run_id::text AS run_id, r.orchestration_id, r.tenant_id, r.session_id,
		  r.input, r.inputs, r.metadata, r.webhook_url, r.crashes, r.epoch, r.wake,
		  r.attempt, r.kind, r.created_at, synapsed_month(r.created_at) AS month
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, kind, events, error)
	SELECT d.run_id, d.month, $7, d.epoch, 'start', $8, $5
	  FROM dead d
)
INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function, job_payload,
			       error_message, attempt_count, first_failed_at,
			       last_failed_at, resolved)
SELECT gen_random_uuid(), d.run_id, d.orchestration_id,
       CASE WHEN d.kind = 'chat' THEN 'run_agent_chat_job' ELSE 'run_orchestration_job' END,
       jsonb_strip_nulls(jsonb_build_object(
		'run_id', d.run_id, 'orch_id', d.orchestration_id,
		'initial_input', d.input, 'inputs', d.inputs::jsonb,
		'metadata', d.metadata::jsonb, 'session_id', d.session_id,
		'tenant_id', d.tenant_id, 'webhook_url', d.webhook_url,
		'wake', d.wake, 'attempt', d.attempt)),
       $6, d.crashes, d.created_at, now(), false
  FROM dead d
