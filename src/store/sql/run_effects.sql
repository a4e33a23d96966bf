-- The rows of a run's journal that speak of effects outside. $1 run id, $2 at most so many
SELECT s.seq, s.path, s.step_id, s.execution, s.delta, s.error, s.at
  FROM orchestration_runs r
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at)
 WHERE r.run_id = $1 AND s.kind = 'effect'
 ORDER BY s.seq
 LIMIT $2::int8
