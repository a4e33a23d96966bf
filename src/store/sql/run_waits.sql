-- What a run asked people and what they answered. $1 run id, $2 at most so many
SELECT w.path, w.execution, w.step_id, w.state, w.prompt, w.fields, w.answer, w.opened_at,
       w.deadline_at, w.answered_at
  FROM run_waits w
 WHERE w.run_id = $1
 ORDER BY w.opened_at, w.path, w.execution
 LIMIT $2::int8
