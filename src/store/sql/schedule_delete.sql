-- A schedule goes, and what it has fired is forgotten; its runs stay. $1 id, $2 tenant or NULL
DELETE FROM schedules s
 WHERE s.id = $1 AND ($2::text IS NULL OR s.tenant_id = $2)
RETURNING s.id
