-- A run that nobody executes ends cancelled, with its last events, in one commit. Whoever
-- takes it over raises its epoch, whoever wakes it its wake: then this finds no row.
-- $1 run id, $2 its wake, $3 its epoch, $4 error (JSON text)
-- $5 journal row to write: seq, $6 its events (JSON text), $7 durable events with those
-- returns the run id, if it was so
WITH done AS (
	UPDATE orchestration_runs r
	   SET status = 'cancelled', error = $4, event_seq = $7,
	       cancel_requested_at = coalesce(r.cancel_requested_at, now()),
	       ended_at = now(), updated_at = now(), waiting_for_human = false,
	       current_step_id = NULL
	 WHERE r.run_id = $1 AND r.wake = $2 AND r.epoch = $3
	   AND r.status IN ('queued', 'paused')
	RETURNING r.run_id::text AS run_id, r.epoch, synapsed_month(r.created_at) AS month
), wrote AS (
	INSERT INTO run_steps (run_id, month, seq, epoch, kind, events, error)
	SELECT d.run_id, d.month, $5, d.epoch, 'start', $6, $4
	  FROM done d
), closed AS (
	UPDATE run_waits w
	   SET state = 'cancelled'
	  FROM done d
	 WHERE w.run_id = d.run_id AND w.state = 'open'
)
SELECT d.run_id FROM done d
