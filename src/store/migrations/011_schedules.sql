-- Does a schedule's former run still live? Asked each time that one fires.
DROP INDEX IF EXISTS idx_runs_schedule;
CREATE INDEX IF NOT EXISTS idx_runs_schedule_live
	ON orchestration_runs (schedule_id)
	WHERE schedule_id IS NOT NULL AND ended_at IS NULL;
