-- Live runs that are at it again, which are few: they are counted without a look at the others.
CREATE INDEX IF NOT EXISTS idx_runs_again
	ON orchestration_runs (queue)
	WHERE ended_at IS NULL AND (attempt > 1 OR crashes > 0);

-- The clerk looks at each queue by itself, each second: in an index of moments alone it read
-- the runs of all of them, a hundred times where there are a hundred queues.
DROP INDEX IF EXISTS idx_runs_live;
CREATE INDEX idx_runs_live
	ON orchestration_runs (queue, ready_at) WHERE ended_at IS NULL;
DROP INDEX IF EXISTS idx_runs_due;
CREATE INDEX idx_runs_due
	ON orchestration_runs (queue, run_at) WHERE run_at IS NOT NULL AND ended_at IS NULL;
