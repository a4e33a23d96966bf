-- See that what is there has a version. $1 name
SELECT synapsed_definition_pin('mcp_server', t.name, NULL, t.definition)
  FROM mcp_servers t, synapsed_definition_lock('mcp_server', $1)
 WHERE t.name = $1
