-- Make runs ours, where their entry's wake is still theirs and nobody has them, or the one
-- off which the entry was taken. Journal rows of a fresh run ride along: they are written if
-- this is the first takeover (epoch 1).
-- $1 our incarnation, $2 our registry row
-- $3 run ids (in order), $4 wakes, $5 incarnation that had each (NULL: nobody)
-- $6..$15 journal rows: run id, seq, path, step id, execution, kind, delta, events, usage,
--         error
-- returns the runs that are ours, as store_runs.c reads them
WITH took AS (
	UPDATE orchestration_runs r
	   SET epoch = r.epoch + 1, owner = $1, status = 'running', worker_id = $2,
	       job_id = left(r.run_id || ':' || r.wake, 255),
	       picked_up_at = coalesce(r.picked_up_at, now()), updated_at = now()
	  FROM unnest($3::text[], $4::int8[], $5::text[]) AS i (run_id, wake, owner)
	 WHERE r.run_id = i.run_id AND r.wake = i.wake
	   AND r.status IN ('queued', 'running')
	   AND (r.owner IS NULL OR r.owner = i.owner)
	RETURNING r.run_id::text AS run_id, r.wake, r.epoch, r.attempt,
		  r.cancel_requested_at IS NOT NULL AS cancel, r.event_seq,
		  r.orchestration_id, r.definition_version, r.tenant_id, r.session_id,
		  r.input, r.inputs, r.metadata, r.created_at, r.deadline_at
), fresh AS (
	SELECT t.run_id, synapsed_month(t.created_at) AS month
	  FROM took t
	 WHERE t.epoch = 1
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, path, step_id, execution, kind,
			       delta, events, usage, error)
	SELECT s.run_id, m.month, s.seq, 1, s.path, s.step_id, s.execution, s.kind,
	       s.delta, s.events, s.usage, s.error
	  FROM (SELECT DISTINCT f.month FROM fresh f) m,
	       unnest($6::text[], $7::int8[], $8::text[], $9::text[], $10::int4[],
		      $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
	       AS s (run_id, seq, path, step_id, execution, kind, delta, events, usage,
		     error)
	 WHERE ((s.run_id, m.month) IN (SELECT f.run_id, f.month FROM fresh f)) IS TRUE
)
SELECT t.run_id, t.wake, t.epoch, t.attempt, t.cancel, t.event_seq, t.orchestration_id,
       t.definition_version, t.tenant_id, t.session_id, t.input, t.inputs, t.metadata,
       t.created_at, t.deadline_at,
       (extract(epoch FROM clock_timestamp()) * 1000)::int8
  FROM took t
