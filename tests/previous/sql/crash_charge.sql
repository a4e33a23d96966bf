-- Charge a death to the run that it is laid to, once a death.
-- $1 run id, $2 wake of its entry, $3 cause, $4 the incarnation that died
UPDATE orchestration_runs
   SET crashes = crashes + 1, cause = $3, charged_by = $4, updated_at = now()
 WHERE run_id = $1 AND wake = $2 AND status IN ('queued', 'running')
   AND charged_by IS DISTINCT FROM $4
   AND (owner IS NULL OR owner = $4)
