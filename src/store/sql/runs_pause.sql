-- Park runs that wait for people: nobody has them, and the question asked first is shown.
-- Not one that has an answer which nobody has read, that waits for nothing, or that is to
-- be cancelled. Behind pause_lock.sql in the same batch.
-- $1 our incarnation
-- $2..$10 one array per column of i below; runs in order of run id
-- $11..$21 journal rows: run id, seq, path, step id, execution, kind, delta, events, usage,
--          error, epoch
-- returns the runs that are parked now
WITH parked AS (
	UPDATE orchestration_runs r
	   SET status = 'paused', owner = NULL,
	       shared_state = coalesce(i.shared_state, '{}')::jsonb,
	       step_history = coalesce(i.step_history, '[]')::jsonb,
	       -- stock's columns are of 32 bits
	       total_tokens_used = least(i.total_tokens, 2147483647),
	       cache_read_tokens = least(i.cache_read, 2147483647),
	       cache_write_tokens = least(i.cache_write, 2147483647),
	       total_cost_usd = i.total_cost,
	       event_seq = i.event_seq, updated_at = now(), waiting_for_human = true,
	       current_step_id = w.step_id, human_prompt = w.prompt,
	       human_fields = w.fields::jsonb
	  FROM unnest($2::text[], $3::int8[], $4::text[], $5::text[], $6::int8[],
		      $7::float8[], $8::int8[], $9::int8[], $10::int8[])
	       AS i (run_id, epoch, shared_state, step_history, total_tokens, total_cost,
		     cache_read, cache_write, event_seq)
	  JOIN LATERAL (SELECT o.step_id, o.prompt, o.fields
			  FROM run_waits o
			 WHERE o.run_id = i.run_id AND o.state = 'open'
			 ORDER BY o.opened_at, o.path
			 LIMIT 1) AS w ON true
	 WHERE r.run_id = i.run_id AND r.epoch = i.epoch AND r.owner = $1
	   AND r.status = 'running' AND r.cancel_requested_at IS NULL
	   AND NOT EXISTS (SELECT FROM run_waits a
			    WHERE a.run_id = i.run_id AND a.read_at IS NULL
			      AND a.state IN ('answered', 'expired'))
	RETURNING r.run_id::text AS run_id, synapsed_month(r.created_at) AS month
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, path, step_id, execution, kind,
			       delta, events, usage, error)
	SELECT s.run_id, m.month, s.seq, s.epoch, s.path, s.step_id, s.execution, s.kind,
	       s.delta, s.events, s.usage, s.error
	  FROM (SELECT DISTINCT p.month FROM parked p) m,
	       unnest($11::text[], $12::int8[], $13::text[], $14::text[], $15::int4[],
		      $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
		      $21::int8[])
	       AS s (run_id, seq, path, step_id, execution, kind, delta, events, usage,
		     error, epoch)
	 WHERE ((s.run_id, m.month) IN (SELECT p.run_id, p.month FROM parked p)) IS TRUE
)
SELECT p.run_id FROM parked p
