SELECT id, name, description, updated_at, NULL, tenant_id
  FROM orchestrations
 WHERE is_active IS NOT FALSE
 ORDER BY id
