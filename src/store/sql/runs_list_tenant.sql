-- A page of one tenant's runs, newest first.
-- $1 tenant, $2 status or NULL, $3 orchestration or NULL, $4 at most so many
-- $5, $6 behind this row: its created_at in microseconds, its run id; NULL: from the newest
SELECT r.run_id, r.orchestration_id, r.tenant_id, r.session_id, r.status,
       r.current_step_id, coalesce(r.waiting_for_human, false), NULL, NULL, r.worker_id,
       coalesce(r.total_cost_usd, 0), coalesce(r.total_tokens_used, 0), r.started_at,
       r.ended_at, r.created_at, r.picked_up_at, NULL, NULL,
       coalesce(r.definition_version, 0), r.wake, r.epoch, r.attempt, r.event_seq, r.queue,
       (extract(epoch FROM r.created_at) * 1000000)::int8 || '.' || r.run_id,
       r.cancel_requested_at
  FROM orchestration_runs r
 WHERE r.tenant_id = $1 AND r.kind = 'run'
   AND ($2::text IS NULL OR r.status = $2)
   AND ($3::text IS NULL OR r.orchestration_id = $3)
   AND (r.created_at, r.run_id) < (
	coalesce('1970-01-01 00:00:00+00'::timestamptz
		 + $5::int8 * interval '1 microsecond', 'infinity'), coalesce($6, ''))
 ORDER BY r.created_at DESC, r.run_id DESC
 LIMIT $4::int8
