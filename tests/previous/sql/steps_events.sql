-- The durable events of one run, row by row of its journal. $1 run id, $2 first seq of a row,
-- $3 at most so many rows
SELECT s.seq, s.events
  FROM orchestration_runs r
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at) AND s.seq >= $2::int8
 WHERE r.run_id = $1 AND s.events IS NOT NULL
 ORDER BY s.seq
 LIMIT $3::int8
