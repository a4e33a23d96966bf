SELECT id, name, NULL, updated_at, definition->>'type', tenant_id
  FROM agents
 ORDER BY id
