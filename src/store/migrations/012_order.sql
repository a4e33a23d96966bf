-- Lists of runs read their indexes backwards. What is inserted then comes last: the page
-- where it belongs is known, pages are left full behind it, and the indexes are a third
-- smaller than with DESC, where each new run came first.
DROP INDEX IF EXISTS idx_runs_tenant_created;
CREATE INDEX idx_runs_tenant_created ON orchestration_runs (tenant_id, created_at, run_id);
DROP INDEX IF EXISTS idx_runs_orchestration_created;
CREATE INDEX idx_runs_orchestration_created
	ON orchestration_runs (orchestration_id, created_at, run_id);
DROP INDEX IF EXISTS idx_runs_session_created;
CREATE INDEX idx_runs_session_created
	ON orchestration_runs (session_id, created_at, run_id)
	WHERE session_id IS NOT NULL;
DROP INDEX IF EXISTS idx_runs_live_created;
CREATE INDEX idx_runs_live_created
	ON orchestration_runs (created_at, run_id) WHERE ended_at IS NULL;
