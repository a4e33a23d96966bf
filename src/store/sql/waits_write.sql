-- What rows of runs that are ours do to questions to people: open them, or end them. Behind
-- steps_commit.sql in the same batch, which has locked the runs.
-- $1 our incarnation; $2..$12 one array per column of i below, each question once
WITH own AS (
	SELECT i.*, r.tenant_id, r.orchestration_id
	  FROM unnest($2::text[], $3::int8[], $4::int4[], $5::text[], $6::int4[], $7::text[],
		      $8::text[], $9::text[], $10::text[], $11::int8[], $12::int8[])
	       AS i (run_id, epoch, opens, path, execution, step_id, prompt, fields, context,
		     deadline_ms, reminder_ms)
	  JOIN orchestration_runs r
	    ON r.run_id = i.run_id AND r.epoch = i.epoch AND r.owner = $1
	   AND r.status = 'running'
), opened AS (
	INSERT INTO run_waits AS w
	       (run_id, path, execution, step_id, prompt, fields, context, tenant_id,
		orchestration_id, deadline_at, reminder_ms, remind_at)
	SELECT o.run_id, o.path, o.execution, o.step_id, o.prompt, o.fields, o.context,
	       o.tenant_id, o.orchestration_id,
	       CASE WHEN o.deadline_ms > 0
		    THEN now() + o.deadline_ms * interval '1 millisecond' END,
	       o.reminder_ms,
	       CASE WHEN o.reminder_ms > 0
		    THEN now() + o.reminder_ms * interval '1 millisecond' END
	  FROM own o
	 WHERE o.opens = 1
	ON CONFLICT (run_id, path, execution) DO UPDATE
	   SET state = 'open', step_id = excluded.step_id, prompt = excluded.prompt,
	       fields = excluded.fields, context = excluded.context, answer = NULL,
	       opened_at = now(), deadline_at = excluded.deadline_at, answered_at = NULL,
	       read_at = NULL, reminder_ms = excluded.reminder_ms,
	       remind_at = excluded.remind_at, reminders = 0
)
UPDATE run_waits w
   SET state = CASE WHEN w.state = 'open' THEN 'closed' ELSE w.state END, read_at = now()
  FROM own o
 WHERE o.opens = 0 AND w.run_id = o.run_id AND w.path = o.path AND w.execution = o.execution
   AND w.read_at IS NULL
