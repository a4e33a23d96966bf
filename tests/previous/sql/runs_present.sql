-- Which of these runs are stored.
-- $1 run ids, $2 position of each in the caller's rows; returns positions
SELECT i.at
  FROM unnest($1::text[], $2::int8[]) AS i (run_id, at)
  JOIN orchestration_runs r ON r.run_id = i.run_id
