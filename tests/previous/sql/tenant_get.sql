-- $1 tenant
SELECT tenant_id, name, queue, max_concurrent_runs, max_queued_runs
  FROM tenants
 WHERE tenant_id = $1
