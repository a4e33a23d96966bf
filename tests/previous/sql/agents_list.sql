SELECT id, name, NULL, updated_at
  FROM agents
 ORDER BY id
