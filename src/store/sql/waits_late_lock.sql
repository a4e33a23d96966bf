-- The rows of these runs are locked, as answer_lock.sql does it. $1 run ids
SELECT r.run_id
  FROM orchestration_runs r
 WHERE r.run_id = ANY ($1::text[])
 ORDER BY r.run_id
   FOR UPDATE OF r
