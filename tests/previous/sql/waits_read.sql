-- The waits of runs that are ours now. $1 our incarnation, $2 run ids
SELECT w.run_id, w.path, w.execution, w.step_id, w.state, w.prompt, w.fields, w.answer,
       w.deadline_at
  FROM unnest($2::text[]) AS i (run_id)
  JOIN orchestration_runs r ON r.run_id = i.run_id AND r.owner = $1
  JOIN run_waits w ON w.run_id = r.run_id
 WHERE w.state <> 'closed'
 ORDER BY w.run_id, w.path, w.execution
