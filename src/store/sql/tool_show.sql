-- A custom tool and the number of its version, secrets masked. $1 id
SELECT t.id, t.name, synapsed_masked('tool', t.definition)::text, v.version, v.sha256,
       t.tenant_id
  FROM tools t
  LEFT JOIN LATERAL (
	SELECT d.version, d.sha256
	  FROM definition_versions d
	 WHERE d.kind = 'tool' AND d.id = t.id
	 ORDER BY d.version DESC
	 LIMIT 1) v ON true
 WHERE t.id = $1
