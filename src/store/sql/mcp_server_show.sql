-- An MCP server's definition and the number of its version, secrets masked. $1 name
SELECT t.name, t.label, synapsed_masked('mcp_server', t.definition)::text, v.version, v.sha256,
       t.tenant_id
  FROM mcp_servers t
  LEFT JOIN LATERAL (
	SELECT d.version, d.sha256
	  FROM definition_versions d
	 WHERE d.kind = 'mcp_server' AND d.id = t.name
	 ORDER BY d.version DESC
	 LIMIT 1) v ON true
 WHERE t.name = $1
