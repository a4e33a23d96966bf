-- A page of open questions, those asked first in front.
-- $1 tenant or NULL, $2 orchestration or NULL, $3 run or NULL, $4 at most so many
-- $5, $6, $7, $8 behind this one: opened_at in microseconds, run id, path, execution;
-- NULL: from the first
SELECT w.run_id, w.path, w.execution, w.step_id, w.tenant_id, w.orchestration_id, w.prompt,
       w.fields, w.context, w.opened_at, w.deadline_at, w.reminders, r.status,
       (extract(epoch FROM w.opened_at) * 1000000)::int8 || '.' || w.execution || '.'
       || length(w.run_id) || '.' || w.run_id || w.path
  FROM run_waits w
  JOIN orchestration_runs r ON r.run_id = w.run_id
 WHERE w.state = 'open'
   AND ($1::text IS NULL OR w.tenant_id = $1)
   AND ($2::text IS NULL OR w.orchestration_id = $2)
   AND ($3::text IS NULL OR w.run_id = $3)
   AND ($5::int8 IS NULL OR (w.opened_at, w.run_id, w.path, w.execution) > (
	timestamptz 'epoch' + $5::int8 * interval '1 microsecond', $6::text, $7::text,
	$8::int4))
 ORDER BY w.opened_at, w.run_id, w.path, w.execution
 LIMIT $4::int8
