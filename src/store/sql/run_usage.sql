-- What a run's model calls used, row by row of its journal. $1 run id, $2 at most so many
SELECT s.seq, s.path, s.step_id, s.execution, s.usage
  FROM orchestration_runs r
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at)
 WHERE r.run_id = $1 AND s.usage IS NOT NULL
 ORDER BY s.seq
 LIMIT $2::int8
