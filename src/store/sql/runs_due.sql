-- A page of runs that were to begin at a moment that has come, in order of run_at: as
-- runs_live.sql, of which this is the part that waited in Postgres alone.
-- $1..$6 as there, run_at instead of ready_at
SELECT r.run_id, (extract(epoch FROM r.run_at) * 1000000)::int8, r.wake, r.attempt,
       r.requeues, r.priority, r.lane, r.tenant_id, r.owner, r.orchestration_id,
       coalesce(r.definition_version, 0), coalesce(t.max_concurrent_runs, 0),
       CASE WHEN r.owner IS NULL THEN 0
	    WHEN w.incarnation IS NULL OR w.last_heartbeat IS NULL
	      OR w.last_heartbeat < now() - $5::int8 * interval '1 millisecond' THEN 2
	    WHEN w.incarnation = r.owner THEN 1
	    ELSE 3 END,
       r.kind = 'chat'
  FROM orchestration_runs r
  LEFT JOIN tenants t ON t.tenant_id = r.tenant_id
  LEFT JOIN workers w ON w.worker_id = regexp_replace(r.owner, '\.[^.]*$', '')
 WHERE r.ended_at IS NULL AND r.wake > 0 AND r.queue = $1
   AND r.status = 'queued' AND r.run_at IS NOT NULL
   AND r.run_at >= timestamptz 'epoch' + $2::int8 * interval '1 microsecond'
   AND (r.run_at, r.run_id) >
       (timestamptz 'epoch' + $2::int8 * interval '1 microsecond', $3)
   AND r.run_at <= now() - $4::int8 * interval '1 millisecond'
 ORDER BY r.run_at, r.run_id
 LIMIT $6::int8
