-- Live runs that are at it again, which are few: they are counted without a look at the others.
CREATE INDEX IF NOT EXISTS idx_runs_again
	ON orchestration_runs (queue)
	WHERE ended_at IS NULL AND (attempt > 1 OR crashes > 0);
