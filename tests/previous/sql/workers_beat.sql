-- Register or refresh workers; a row belongs to the incarnation that beat last.
-- $1 worker ids (in order), $2 incarnations, $3 hostnames, $4 addresses, $5 active jobs,
-- $6 max jobs, $7 mcp_disabled (JSON text)
INSERT INTO workers AS w (worker_id, incarnation, hostname, address, status, capabilities,
			  active_jobs, max_jobs, last_heartbeat, registered_at,
			  mcp_disabled)
SELECT i.worker_id, i.incarnation, i.hostname, i.address, 'online', '{}', i.active_jobs,
       i.max_jobs, now(), now(), coalesce(i.mcp_disabled, '[]')::jsonb
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::int4[],
	      $7::text[])
       AS i (worker_id, incarnation, hostname, address, active_jobs, max_jobs,
	     mcp_disabled)
    ON CONFLICT (worker_id) DO UPDATE
   SET incarnation = excluded.incarnation, hostname = excluded.hostname,
       address = excluded.address, status = 'online', active_jobs = excluded.active_jobs,
       max_jobs = excluded.max_jobs, last_heartbeat = now(),
       mcp_disabled = excluded.mcp_disabled,
       registered_at = CASE WHEN w.incarnation IS DISTINCT FROM excluded.incarnation
			    THEN now() ELSE w.registered_at END
