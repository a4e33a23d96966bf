-- The durable events of the last rows of a run's journal, with their stream ids, in order.
-- $1 run id, $2 rows to look at
SELECT e.value ->> 0, e.value -> 1, coalesce((e.value -> 1 ->> 'seq')::int8, 0)
  FROM orchestration_runs r
 CROSS JOIN LATERAL (
	SELECT s.seq, s.events
	  FROM run_steps s
	 WHERE s.run_id = r.run_id COLLATE "C" AND s.month = synapsed_month(r.created_at)
	   AND s.events IS NOT NULL
	 ORDER BY s.seq DESC
	 LIMIT $2::int8) j
 CROSS JOIN LATERAL json_array_elements(j.events::json) WITH ORDINALITY AS e (value, n)
 WHERE r.run_id = $1
 ORDER BY j.seq, e.n
