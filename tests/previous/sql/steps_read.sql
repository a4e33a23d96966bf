-- The journals of runs that are ours now. $1 our incarnation, $2 run ids
SELECT s.run_id, s.seq, s.path, s.step_id, s.execution, s.kind, s.delta, s.events, s.usage,
       s.error, s.epoch, s.at
  FROM unnest($2::text[]) AS i (run_id)
  JOIN orchestration_runs r ON r.run_id = i.run_id AND r.owner = $1
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at)
 ORDER BY s.run_id, s.seq
