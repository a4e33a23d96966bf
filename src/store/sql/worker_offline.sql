-- $1 worker id, $2 the incarnation that has left, $3 of what it died (NULL: in order). A row
-- belongs to the newest incarnation, which may be the next one already: only the death is
-- noted then.
UPDATE workers
   SET status = CASE WHEN incarnation = $2 THEN 'offline' ELSE status END,
       active_jobs = CASE WHEN incarnation = $2 THEN 0 ELSE active_jobs END,
       last_death_cause = coalesce($3::text, last_death_cause),
       last_death_at = CASE WHEN $3::text IS NULL THEN last_death_at ELSE now() END
 WHERE worker_id = $1 AND (incarnation = $2 OR $3::text IS NOT NULL)
