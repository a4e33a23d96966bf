-- Schedules with a moment that has come, the latest first. $1 at most so many
SELECT s.id, s.tenant_id, s.orchestration_id, s.cron, s.zone, s.body, s.missed, s.missed_max,
       s.overlap, s.paused, s.version, s.next_at, (extract(epoch FROM s.next_at) * 1000000)::int8,
       s.created_at, s.updated_at, extract(epoch FROM now())::int8
  FROM schedules s
 WHERE s.next_at <= now()
 ORDER BY s.next_at
 LIMIT $1::int8
