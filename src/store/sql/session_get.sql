-- What a token is worth now: one row always. $1 its SHA-256
SELECT coalesce(k.id IS NOT NULL OR (s.token_hash IS NOT NULL AND s.key_id IS NULL
					AND NOT a.keys), false),
       k.name, k.tenant_id, s.expires_at,
       coalesce(extract(epoch FROM now() - s.created_at)::bigint, 0), a.keys
  FROM (SELECT EXISTS (SELECT 1 FROM api_keys WHERE is_active) AS keys) a
  LEFT JOIN page_sessions s ON s.token_hash = $1 AND s.expires_at > now()
  LEFT JOIN api_keys k ON k.id = s.key_id AND k.is_active
