-- A page of runs that wait and that nobody has taken, in order of ready_at: as
-- runs_live.sql, without those that are long in the queue or on their way.
-- $1..$4, $6 as there
-- $5 only what has been ready for less than so many ms
SELECT r.run_id, (extract(epoch FROM r.ready_at) * 1000000)::int8, r.wake, r.attempt,
       r.requeues, r.priority, r.lane, r.tenant_id, r.owner, r.orchestration_id,
       coalesce(r.definition_version, 0), coalesce(t.max_concurrent_runs, 0), 0,
       r.kind = 'chat'
  FROM orchestration_runs r
  LEFT JOIN tenants t ON t.tenant_id = r.tenant_id
 WHERE r.ended_at IS NULL AND r.wake > 0 AND r.queue = $1
   AND r.status = 'queued' AND r.owner IS NULL
   AND r.ready_at >= greatest(timestamptz 'epoch' + $2::int8 * interval '1 microsecond',
			      now() - $5::int8 * interval '1 millisecond')
   AND (r.ready_at, r.run_id) >
       (timestamptz 'epoch' + $2::int8 * interval '1 microsecond', $3)
   AND r.ready_at <= now() - $4::int8 * interval '1 millisecond'
 ORDER BY r.ready_at, r.run_id
 LIMIT $6::int8
