-- A page of runs that ought to have an entry in the queue, in order of ready_at. Rows of
-- stock API servers (wake 0) are not ours.
-- $1 queue
-- $2 go on behind this ready_at (microseconds since 1970) and $3 this run id
-- $4 only what has been ready for so many ms
-- $5 a row of table workers that is older than so many ms says: dead
-- $6 rows at most
-- returns the run, what its packed job needs, and of its owner: 0 nobody, 1 its row is
-- fresh, 2 its row is old or gone, 3 its row belongs to a newer incarnation;
-- whether it is a turn of a conversation
SELECT r.run_id, (extract(epoch FROM r.ready_at) * 1000000)::int8, r.wake, r.attempt,
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
   AND r.status IN ('queued', 'running')
   AND r.ready_at >= timestamptz 'epoch' + $2::int8 * interval '1 microsecond'
   AND (r.ready_at, r.run_id) >
       (timestamptz 'epoch' + $2::int8 * interval '1 microsecond', $3)
   AND r.ready_at <= now() - $4::int8 * interval '1 millisecond'
 ORDER BY r.ready_at, r.run_id
 LIMIT $6::int8
