SELECT coalesce(json_agg(json_build_object(
	'tenant_id', t.tenant_id, 'name', coalesce(t.name, ''),
	'max_concurrent_runs', t.max_concurrent_runs, 'max_queued_runs', t.max_queued_runs,
	'priority', coalesce(t.priority, 0), 'queue', t.queue) ORDER BY t.tenant_id), '[]')::text
  FROM tenants t
