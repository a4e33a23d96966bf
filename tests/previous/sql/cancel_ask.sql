-- Ask the owner of a run to stop: it hears of it with its next commit at the latest.
-- $1 run id, $2 its tenant (NULL: any)
UPDATE orchestration_runs
   SET cancel_requested_at = coalesce(cancel_requested_at, now()), updated_at = now()
 WHERE run_id = $1 AND status = 'running' AND ($2::text IS NULL OR tenant_id = $2)
