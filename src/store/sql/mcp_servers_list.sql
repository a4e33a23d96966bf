SELECT t.name, t.label, t.definition->>'server_type', t.updated_at,
       coalesce(t.definition->>'server_type', 'stdio'), t.tenant_id
  FROM mcp_servers t
 ORDER BY t.name
