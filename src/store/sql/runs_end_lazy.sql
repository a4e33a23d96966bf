-- End runs that nobody took over: queued -> ended in one statement, with their journal.
-- $1 our incarnation, $2 our registry row
-- $3..$15 one array per column of i below; runs in order of run id
-- $16..$25 journal rows: run id, seq, path, step id, execution, kind, delta, events, usage,
--          error
-- returns the runs that were ours to end: run id, cancel asked for
WITH done AS (
	UPDATE orchestration_runs r
	   SET epoch = 1, owner = $1, worker_id = $2, job_id = left(r.run_id || ':' || r.wake, 255),
	       status = i.status, final_response = i.final_response, error = i.error,
	       shared_state = coalesce(i.shared_state, '{}')::jsonb,
	       step_history = coalesce(i.step_history, '[]')::jsonb,
	       -- stock's columns are of 32 bits
	       total_tokens_used = least(i.total_tokens, 2147483647),
	       cache_read_tokens = least(i.cache_read, 2147483647),
	       cache_write_tokens = least(i.cache_write, 2147483647),
	       total_cost_usd = i.total_cost,
	       event_seq = i.event_seq, updated_at = now(), ended_at = now(),
	       cancel_requested_at = CASE WHEN i.status = 'cancelled'
					  THEN coalesce(r.cancel_requested_at, now())
					  ELSE r.cancel_requested_at END,
	       picked_up_at = now() - i.picked_up_ms * interval '1 millisecond'
	  FROM unnest($3::text[], $4::int8[], $5::text[], $6::text[], $7::text[],
		      $8::text[], $9::text[], $10::int8[], $11::float8[], $12::int8[],
		      $13::int8[], $14::int8[], $15::int8[])
	       AS i (run_id, wake, status, final_response, error, shared_state,
		     step_history, total_tokens, total_cost, cache_read, cache_write,
		     event_seq, picked_up_ms)
	 WHERE r.run_id = i.run_id AND r.wake = i.wake AND r.epoch = 0
	   AND r.status = 'queued'
	RETURNING r.run_id::text AS run_id, synapsed_month(r.created_at) AS month,
		  r.cancel_requested_at IS NOT NULL AS cancel
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, path, step_id, execution, kind,
			       delta, events, usage, error)
	SELECT s.run_id, m.month, s.seq, 1, s.path, s.step_id, s.execution, s.kind,
	       s.delta, s.events, s.usage, s.error
	  FROM (SELECT DISTINCT d.month FROM done d) m,
	       unnest($16::text[], $17::int8[], $18::text[], $19::text[], $20::int4[],
		      $21::text[], $22::text[], $23::text[], $24::text[], $25::text[])
	       AS s (run_id, seq, path, step_id, execution, kind, delta, events, usage,
		     error)
	       -- IS TRUE keeps this a hashed subplan: a join would compare all with all
	 WHERE ((s.run_id, m.month) IN (SELECT d.run_id, d.month FROM done d)) IS TRUE
)
SELECT d.run_id, d.cancel FROM done d
