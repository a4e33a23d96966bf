-- A page of schedules in order of id. $1 tenant or NULL, $2 this one or NULL, $3 behind this id or
-- NULL, $4 at most so many
SELECT s.id, s.tenant_id, s.orchestration_id, s.cron, s.zone, s.body, s.missed, s.missed_max,
       s.overlap, s.paused, s.version, s.next_at, (extract(epoch FROM s.next_at) * 1000000)::int8,
       s.created_at, s.updated_at, extract(epoch FROM now())::int8
  FROM schedules s
 WHERE ($1::text IS NULL OR s.tenant_id = $1) AND ($2::text IS NULL OR s.id = $2)
   AND s.id > coalesce($3, '')
 ORDER BY s.id
 LIMIT $4::int8
