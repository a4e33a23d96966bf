-- One that has ended is found as well: it is known, and no file is asked for it.
-- $1 SHA-256 of a key, or of the token of a session of the page, which stands for the key
-- that it was opened with (id '': for none, while there is none), or '' for nobody's
SELECT id, name, key_prefix, tenant_id, created_at, last_used_at, is_active
  FROM api_keys
 WHERE key_hash = $1
 UNION ALL
SELECT k.id, k.name, k.key_prefix, k.tenant_id, k.created_at, k.last_used_at, k.is_active
  FROM page_sessions s
  JOIN api_keys k ON k.id = s.key_id AND k.is_active
 WHERE s.token_hash = $1 AND s.expires_at > now()
 UNION ALL
SELECT '', '', '', NULL, s.created_at, NULL, true
  FROM page_sessions s
 WHERE s.token_hash = $1 AND s.key_id IS NULL AND s.expires_at > now()
   AND NOT EXISTS (SELECT 1 FROM api_keys WHERE is_active)
 UNION ALL
SELECT '', '', '', NULL, now(), NULL, true
 WHERE $1 = '' AND NOT EXISTS (SELECT 1 FROM api_keys WHERE is_active)
