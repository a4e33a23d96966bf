-- A page of open questions, those asked first in front. A run that a stock program left
-- paused has its question in its own row until somebody answers here (wake 0); when it was
-- asked is not told there, so its place is that of the run.
-- $1 tenant or NULL, $2 orchestration or NULL, $3 run or NULL, $4 at most so many
-- $5, $6, $7, $8 behind this one: opened_at in microseconds, run id, path, execution;
-- NULL: from the first
SELECT q.run_id, q.path, q.execution, q.step_id, q.tenant_id, q.orchestration_id, q.prompt,
       q.fields, q.context, q.opened_at, q.deadline_at, q.reminders, q.status,
       (extract(epoch FROM q.opened_at) * 1000000)::int8 || '.' || q.execution || '.'
       || length(q.run_id) || '.' || q.run_id || q.path
  FROM ((SELECT w.run_id, w.path, w.execution, w.step_id, w.tenant_id, w.orchestration_id,
		w.prompt, w.fields, w.context, w.opened_at, w.deadline_at, w.reminders,
		r.status
	   FROM run_waits w
	   JOIN orchestration_runs r ON r.run_id = w.run_id
	  WHERE w.state = 'open'
	    AND ($1::text IS NULL OR w.tenant_id = $1)
	    AND ($2::text IS NULL OR w.orchestration_id = $2)
	    AND ($3::text IS NULL OR w.run_id = $3)
	    AND ($5::int8 IS NULL OR (w.opened_at, w.run_id, w.path, w.execution) > (
		timestamptz 'epoch' + $5::int8 * interval '1 microsecond', $6::text,
		$7::text, $8::int4))
	  ORDER BY w.opened_at, w.run_id, w.path, w.execution
	  LIMIT $4::int8)
	UNION ALL
	(SELECT s.run_id, coalesce(s.current_step_id, ''), 1, coalesce(s.current_step_id, ''),
		s.tenant_id, s.orchestration_id, s.human_prompt, s.human_fields::text, NULL,
		coalesce(s.created_at, s.started_at, timestamptz 'epoch') AS opened_at,
		NULL, 0, s.status
	   FROM orchestration_runs s
	  WHERE s.wake = 0 AND s.ended_at IS NULL AND s.status = 'paused'
	    AND ($1::text IS NULL OR s.tenant_id = $1)
	    AND ($2::text IS NULL OR s.orchestration_id = $2)
	    AND ($3::text IS NULL OR s.run_id = $3)
	    AND ($5::int8 IS NULL
		 OR (coalesce(s.created_at, s.started_at, timestamptz 'epoch'), s.run_id,
		     coalesce(s.current_step_id, ''), 1) > (
		timestamptz 'epoch' + $5::int8 * interval '1 microsecond', $6::text,
		$7::text, $8::int4))
	  ORDER BY opened_at, s.run_id
	  LIMIT $4::int8)) q
 ORDER BY q.opened_at, q.run_id, q.path, q.execution
 LIMIT $4::int8
