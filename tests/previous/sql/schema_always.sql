-- After the migrations, each time; harmless when repeated.

-- Setting synapsed.stock_indexes: keep has the five secondary indexes that stock creates on
-- orchestration_runs (for fleets whose stock API servers count by status), anything else
-- drops them: each names a column that changes in a run's life, so no update would be HOT.
DO $$
BEGIN
	IF current_setting('synapsed.stock_indexes', true) = 'keep' THEN
		CREATE INDEX IF NOT EXISTS ix_orchestration_runs_orchestration_id
			ON orchestration_runs (orchestration_id);
		CREATE INDEX IF NOT EXISTS idx_runs_status ON orchestration_runs (status);
		CREATE INDEX IF NOT EXISTS idx_runs_tenant_status
			ON orchestration_runs (tenant_id, status, created_at);
		CREATE INDEX IF NOT EXISTS idx_runs_worker ON orchestration_runs (worker_id);
		CREATE INDEX IF NOT EXISTS idx_runs_waiting_human
			ON orchestration_runs (waiting_for_human);
	ELSE
		DROP INDEX IF EXISTS ix_orchestration_runs_orchestration_id,
			idx_runs_status, idx_runs_tenant_status, idx_runs_worker,
			idx_runs_waiting_human;
	END IF;
END
$$;

SELECT synapsed_make_partition(now());
SELECT synapsed_make_partition(now() + interval '1 month');
