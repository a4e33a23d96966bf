-- The newest row of a run's journal that has events. $1 run id
SELECT s.seq, s.events
  FROM orchestration_runs r
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at)
 WHERE r.run_id = $1 AND s.events IS NOT NULL
 ORDER BY s.seq DESC
 LIMIT 1
