-- Pin a tenant to a queue at first use: the first one wins. $1 tenant, $2 queue
INSERT INTO tenants AS t (tenant_id, name, max_concurrent_runs, max_queued_runs, priority,
			  created_at, queue)
VALUES ($1, $1, 100, 1000, 0, now(), $2)
    ON CONFLICT (tenant_id) DO UPDATE
   SET queue = excluded.queue
 WHERE t.queue IS NULL
