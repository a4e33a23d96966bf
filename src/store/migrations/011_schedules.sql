-- Does a schedule's former run still live? Asked each time that one fires.
DROP INDEX IF EXISTS idx_runs_schedule;
CREATE INDEX IF NOT EXISTS idx_runs_schedule_live
	ON orchestration_runs (schedule_id)
	WHERE schedule_id IS NOT NULL AND ended_at IS NULL;

-- Pages of what has not ended, of which there may be as many as wait. An end adds no entry.
CREATE INDEX IF NOT EXISTS idx_runs_live_created
	ON orchestration_runs (created_at DESC, run_id DESC) WHERE ended_at IS NULL;
