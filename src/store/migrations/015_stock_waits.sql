-- Runs that stock programs left: lists of open questions look for those that wait.
CREATE INDEX IF NOT EXISTS idx_runs_stock_live
	ON orchestration_runs (run_id) WHERE wake = 0 AND ended_at IS NULL;
