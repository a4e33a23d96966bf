SELECT id, name, description, updated_at
  FROM orchestrations
 ORDER BY id
