-- A run that a stock program left waiting for people is ours: its journal has what was
-- done (it begins with row 2: what was before is in the snapshot alone), and its question
-- is open. Who comes second finds no row.
-- $1 run id, $2 version of its definition, $3 home queue of a tenant that has none
-- $4 step that asks, $5 path and $6 execution of its question
-- $7 events of the first row, $8 delta of the snapshot
WITH taken AS (
	UPDATE orchestration_runs r
	   SET wake = 1, attempt = 1, definition_version = $2, event_seq = 1,
	       queue = coalesce(r.queue,
				(SELECT t.queue FROM tenants t WHERE t.tenant_id = r.tenant_id),
				$3),
	       updated_at = now()
	 WHERE r.run_id = $1 AND r.status = 'paused' AND r.wake = 0 AND r.epoch = 0
	   AND r.owner IS NULL AND r.ended_at IS NULL AND r.current_step_id = $4
	RETURNING r.run_id::text AS run_id, synapsed_month(r.created_at) AS month,
		  r.human_prompt, r.human_fields, r.tenant_id, r.orchestration_id
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, step_id, execution, kind, delta,
			       events)
	SELECT t.run_id, t.month, s.seq, 0, s.step_id, s.execution, s.kind, s.delta, s.events
	  FROM taken t,
	       (VALUES (2, $4::text, $6::int4, 'wait', NULL, $7::text),
		       (3, '', 0, 'snapshot', $8::text, NULL))
	       AS s (seq, step_id, execution, kind, delta, events)
)
INSERT INTO run_waits (run_id, path, execution, step_id, prompt, fields, tenant_id,
		       orchestration_id)
SELECT t.run_id, $5, $6::int4, $4, t.human_prompt,
       CASE WHEN jsonb_typeof(t.human_fields) = 'array' THEN t.human_fields::text
	    ELSE '[]' END,
       t.tenant_id, t.orchestration_id
  FROM taken t
