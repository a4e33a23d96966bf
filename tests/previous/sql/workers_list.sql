SELECT worker_id, hostname, address, coalesce(status, 'offline'), coalesce(active_jobs, 0),
       coalesce(max_jobs, 0), last_heartbeat,
       coalesce((extract(epoch FROM now() - last_heartbeat) * 1000)::int8, -1),
       coalesce(mcp_disabled, '[]')::text, incarnation
  FROM workers
 ORDER BY worker_id
