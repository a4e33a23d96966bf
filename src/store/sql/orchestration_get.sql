-- A definition and the number of its version; NULL if the newest version is another.
-- $1 id
SELECT o.id, o.name, o.definition::text,
       CASE WHEN v.sha256 = encode(sha256(convert_to(o.definition::text, 'UTF8')), 'hex')
	    THEN v.version END,
       v.sha256, o.tenant_id
  FROM orchestrations o
  LEFT JOIN LATERAL (
	SELECT d.version, d.sha256
	  FROM definition_versions d
	 WHERE d.kind = 'orchestration' AND d.id = o.id
	 ORDER BY d.version DESC
	 LIMIT 1) v ON true
 WHERE o.id = $1 AND o.is_active IS NOT FALSE
