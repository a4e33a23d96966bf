-- $1 SHA-256 of the key
SELECT id, name, key_prefix, tenant_id, created_at, last_used_at, is_active
  FROM api_keys
 WHERE key_hash = $1 AND is_active
