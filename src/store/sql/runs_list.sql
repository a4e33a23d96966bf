-- A page of all tenants' runs, newest first: the tenants are found by skipping through
-- the index (tenant_id, created_at), the newest of each are merged.
-- $1 status or NULL, $2 orchestration or NULL, $3 at most so many
-- $4, $5 behind this row: its created_at in microseconds, its run id; NULL: from the newest
WITH RECURSIVE t AS (
	(SELECT tenant_id FROM orchestration_runs ORDER BY tenant_id LIMIT 1)
	UNION ALL
	SELECT (SELECT r.tenant_id FROM orchestration_runs r
		 WHERE r.tenant_id > t.tenant_id ORDER BY r.tenant_id LIMIT 1)
	  FROM t
	 WHERE t.tenant_id IS NOT NULL
)
SELECT r.run_id, r.orchestration_id, r.tenant_id, r.session_id, r.status,
       r.current_step_id, coalesce(r.waiting_for_human, false), NULL, NULL, r.worker_id,
       coalesce(r.total_cost_usd, 0), coalesce(r.total_tokens_used, 0), r.started_at,
       r.ended_at, r.created_at, r.picked_up_at, NULL, NULL,
       coalesce(r.definition_version, 0), r.wake, r.epoch, r.attempt, r.event_seq, r.queue,
       (extract(epoch FROM r.created_at) * 1000000)::int8 || '.' || r.run_id,
       r.cancel_requested_at
  FROM t
 CROSS JOIN LATERAL (
	SELECT o.*
	  FROM orchestration_runs o
	 WHERE o.tenant_id = t.tenant_id AND o.kind = 'run'
	   AND ($1::text IS NULL OR o.status = $1)
	   AND ($2::text IS NULL OR o.orchestration_id = $2)
	   AND (o.created_at, o.run_id) < (
		coalesce('1970-01-01 00:00:00+00'::timestamptz
			 + $4::int8 * interval '1 microsecond', 'infinity'),
		coalesce($5, ''))
	 ORDER BY o.created_at DESC, o.run_id DESC
	 LIMIT $3::int8) r
 ORDER BY r.created_at DESC, r.run_id DESC
 LIMIT $3::int8
