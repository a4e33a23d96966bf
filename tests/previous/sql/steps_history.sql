-- The journal of one run, whoever has it. $1 run id, $2 first seq, $3 at most so many rows
SELECT s.run_id, s.seq, s.path, s.step_id, s.execution, s.kind, s.delta, s.events, s.usage,
       s.error, s.epoch, s.at
  FROM orchestration_runs r
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at) AND s.seq >= $2::int8
 WHERE r.run_id = $1
 ORDER BY s.seq
 LIMIT $3::int8
