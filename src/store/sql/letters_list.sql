-- A page of dead letters, newest first.
-- $1 resolved or NULL, $2 tenant or NULL, $3 the default tenant, whose those are that name
-- none, $4 orchestration or NULL, $5 run or NULL, $6 at most so many
-- $7, $8 behind this one: its last_failed_at in microseconds, its id; NULL: from the newest
SELECT l.id, l.run_id, l.orchestration_id, coalesce(l.job_payload->>'tenant_id', $3),
       l.job_function, l.error_message, coalesce(l.attempt_count, 0), l.first_failed_at,
       l.last_failed_at, coalesce(l.resolved, false), NULL, NULL, NULL,
       (extract(epoch FROM coalesce(l.last_failed_at, 'epoch')) * 1000000)::int8 || '.' || l.id
  FROM dead_letter_queue l
 WHERE ($1::bool IS NULL OR coalesce(l.resolved, false) = $1)
   AND ($2::text IS NULL OR coalesce(l.job_payload->>'tenant_id', $3) = $2)
   AND ($4::text IS NULL OR l.orchestration_id = $4)
   AND ($5::text IS NULL OR l.run_id = $5)
   AND (coalesce(l.last_failed_at, 'epoch'), l.id) < (
	coalesce('1970-01-01 00:00:00+00'::timestamptz
		 + $7::int8 * interval '1 microsecond', 'infinity'),
	coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
 ORDER BY coalesce(l.last_failed_at, 'epoch') DESC, l.id DESC
 LIMIT $6::int8
