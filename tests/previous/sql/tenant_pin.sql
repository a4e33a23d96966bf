-- Pin a tenant to a queue at first use: the first one wins. Its limits stay unset: what
-- the configuration says holds until somebody gives it its own.
-- $1 tenant, $2 queue
INSERT INTO tenants AS t (tenant_id, name, priority, created_at, queue)
VALUES ($1, $1, 0, now(), $2)
    ON CONFLICT (tenant_id) DO UPDATE
   SET queue = excluded.queue
 WHERE t.queue IS NULL
