-- Questions of runs that are ours now whose end nobody has read. $1 our incarnation,
-- $2 run ids
SELECT w.run_id, w.path, w.execution, w.step_id, w.state, w.answer
  FROM (SELECT DISTINCT u.run_id FROM unnest($2::text[]) AS u (run_id)) AS i
  JOIN orchestration_runs r ON r.run_id = i.run_id AND r.owner = $1
  JOIN run_waits w ON w.run_id = r.run_id
 WHERE w.read_at IS NULL AND w.state IN ('open', 'answered', 'expired')
 ORDER BY w.run_id, w.path, w.execution
