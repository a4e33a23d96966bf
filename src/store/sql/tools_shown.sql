SELECT t.id, coalesce(t.definition->>'name', t.name), t.definition->>'description', t.updated_at,
       coalesce(t.definition->>'tool_type', 'http'), t.tenant_id
  FROM tools t
 ORDER BY t.id
