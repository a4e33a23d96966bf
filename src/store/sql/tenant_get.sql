-- $1 tenant
SELECT tenant_id, name, queue, coalesce(max_concurrent_runs, 100),
       coalesce(max_queued_runs, 1000)
  FROM tenants
 WHERE tenant_id = $1
