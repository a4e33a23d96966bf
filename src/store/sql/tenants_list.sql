SELECT tenant_id, name, queue, coalesce(max_concurrent_runs, 100),
       coalesce(max_queued_runs, 1000)
  FROM tenants
 ORDER BY tenant_id
