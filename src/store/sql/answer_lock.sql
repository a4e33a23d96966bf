-- The row of a run that somebody answers is locked: the owner's commits are before or
-- behind. $1 run id, $2 its tenant (NULL: any); returns status
SELECT r.status
  FROM orchestration_runs r
 WHERE r.run_id = $1 AND ($2::text IS NULL OR r.tenant_id = $2)
   FOR UPDATE OF r
