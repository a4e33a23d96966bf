SELECT id, name, key_prefix, tenant_id, created_at, last_used_at, is_active
  FROM api_keys
 ORDER BY created_at, id
