-- $1 tenant, $2 name, $3 runs at a time, $4 runs that wait, $5 priority
INSERT INTO tenants (tenant_id, name, max_concurrent_runs, max_queued_runs, priority, created_at)
VALUES ($1, $2, $3::int8, $4::int8, $5::int8, now())
    ON CONFLICT (tenant_id) DO UPDATE
   SET name = excluded.name, max_concurrent_runs = excluded.max_concurrent_runs,
       max_queued_runs = excluded.max_queued_runs, priority = excluded.priority
