SELECT worker_id, hostname, address, coalesce(status, 'offline'), coalesce(active_jobs, 0),
       coalesce(max_jobs, 0), last_heartbeat,
       CASE WHEN last_heartbeat IS NULL THEN -1
	    ELSE greatest((extract(epoch FROM now() - last_heartbeat) * 1000)::int8, 0) END,
       coalesce(mcp_disabled, '[]')::text, incarnation, last_death_cause,
       last_death_at, CASE WHEN status = 'online' THEN state END, version, generation,
       CASE WHEN status = 'online' THEN memory_bytes ELSE 0 END
  FROM workers
 ORDER BY worker_id
