-- Parked runs whose people are to be reminded. The next moment is a whole number of
-- intervals behind the first, so what nobody did in time is done once. $1 at most so many
-- returns run id, step id, path, prompt, how often so far, durable events, epoch, now (ms)
WITH due AS (
	SELECT w.run_id, w.path, w.execution
	  FROM run_waits w
	 WHERE w.state = 'open' AND w.remind_at IS NOT NULL AND w.remind_at <= now()
	 ORDER BY w.remind_at
	 LIMIT $1::int8
)
UPDATE run_waits w
   SET reminders = w.reminders + 1,
       remind_at = w.opened_at + w.reminder_ms * interval '1 millisecond'
		   * (floor(extract(epoch FROM now() - w.opened_at) * 1000 / w.reminder_ms)
		      + 1)
  FROM due d
  JOIN orchestration_runs r ON r.run_id = d.run_id
 WHERE w.run_id = d.run_id AND w.path = d.path AND w.execution = d.execution
   AND w.state = 'open' AND w.reminder_ms > 0
RETURNING w.run_id, w.step_id, w.path, w.prompt, w.reminders,
	  CASE WHEN r.status = 'paused' THEN r.event_seq END, r.epoch,
	  (extract(epoch FROM clock_timestamp()) * 1000)::int8
