-- What Postgres knows of why a run does not go on. $1 run id, $2 a row of table workers is
-- fresh for so many ms
-- returns the run; its pause; workers that beat, those that take its lane, what these have
-- room for
SELECT r.status, r.tenant_id, coalesce(r.queue, ''), r.lane, r.wake,
       r.cancel_requested_at IS NOT NULL, r.run_at > now(), r.run_at, r.worker_id,
       r.current_step_id, q.paused_at IS NOT NULL, q.paused_reason, w.online, w.capable,
       w.room
  FROM orchestration_runs r
  LEFT JOIN queue_lineages q ON q.queue = r.queue
 CROSS JOIN LATERAL (
	SELECT count(*) AS online,
	       count(*) FILTER (WHERE c.takes) AS capable,
	       coalesce(sum(greatest(k.max_jobs - k.active_jobs, 0)) FILTER (WHERE c.takes), 0)
	       AS room
	  FROM workers k
	 CROSS JOIN LATERAL (
		SELECT r.lane = '-' OR coalesce(k.capabilities -> 'lanes' ? r.lane, false)
		       AS takes) c
	 WHERE k.status = 'online'
	   AND k.last_heartbeat > now() - $2::int8 * interval '1 millisecond') w
 WHERE r.run_id = $1
