-- Append journal rows of runs that are ours: the run's row is locked where it says so.
-- $1 our incarnation, $2 run ids (in order), $3 their epochs
-- $4..$14 journal rows: run id, seq, path, step id, execution, kind, delta, events, usage,
--         error, epoch
-- returns the runs that are ours: run id, cancel asked for, an answer waits to be read
WITH own AS (
	SELECT r.run_id::text AS run_id, synapsed_month(r.created_at) AS month,
	       r.cancel_requested_at IS NOT NULL AS cancel,
	       coalesce(r.waiting_for_human, false) AS waiting
	  FROM unnest($2::text[], $3::int8[]) AS i (run_id, epoch)
	  JOIN orchestration_runs r
	    ON r.run_id = i.run_id AND r.epoch = i.epoch AND r.owner = $1
	   AND r.status = 'running'
	   FOR UPDATE OF r
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, path, step_id, execution, kind,
			       delta, events, usage, error)
	SELECT s.run_id, m.month, s.seq, s.epoch, s.path, s.step_id, s.execution, s.kind,
	       s.delta, s.events, s.usage, s.error
	  FROM (SELECT DISTINCT o.month FROM own o) m,
	       unnest($4::text[], $5::int8[], $6::text[], $7::text[], $8::int4[], $9::text[],
		      $10::text[], $11::text[], $12::text[], $13::text[], $14::int8[])
	       AS s (run_id, seq, path, step_id, execution, kind, delta, events, usage,
		     error, epoch)
	       -- IS TRUE keeps this a hashed subplan: a join would compare all with all
	 WHERE ((s.run_id, m.month) IN (SELECT o.run_id, o.month FROM own o)) IS TRUE
)
SELECT o.run_id, o.cancel,
       CASE WHEN o.waiting
	    THEN EXISTS (SELECT FROM run_waits w
			  WHERE w.run_id = o.run_id AND w.state = 'answered'
			    AND w.read_at IS NULL)
	    ELSE false END
  FROM own o
