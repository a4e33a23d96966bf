SELECT tenant_id, name, queue, max_concurrent_runs, max_queued_runs
  FROM tenants
 ORDER BY tenant_id
