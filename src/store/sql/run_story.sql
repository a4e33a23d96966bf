-- What a run's journal tells of its steps and of who executed it, event by event; texts of
-- errors are cut. $1 run id, $2 at most so many
SELECT s.epoch, e.it ->> 'type', coalesce(e.it ->> 'path', ''), e.it ->> 'orch_step_id',
       e.it ->> 'step_name', e.it ->> 'step_type', e.it ->> 'ts',
       e.it ->> 'duration_seconds', left(e.it ->> 'error', 2000), e.it ->> 'error_class',
       coalesce((e.it ->> 'attempt')::int8, 0), e.it ->> 'retry_in_ms' IS NOT NULL,
       e.it ->> 'worker_id'
  FROM orchestration_runs r
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at)
 CROSS JOIN LATERAL (
	SELECT p.value -> 1 AS it, p.n
	  FROM json_array_elements(s.events::json) WITH ORDINALITY AS p (value, n)) e
 WHERE r.run_id = $1 AND s.events IS NOT NULL
   AND e.it ->> 'type' IN ('worker_picked_up', 'step_start', 'step_complete', 'step_error',
			   'orchestration_end')
 ORDER BY s.seq, e.n
 LIMIT $2::int8
