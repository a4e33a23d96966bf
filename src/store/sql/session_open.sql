-- Sign in: no row, and nothing is written, when the key is none. $1 SHA-256 of the token,
-- $2 SHA-256 of the key, NULL: without one, while there is none; $3 seconds
WITH gone AS (
	DELETE FROM page_sessions WHERE expires_at < now()
), signed AS (
	SELECT id, name, tenant_id FROM api_keys WHERE key_hash = $2 AND is_active
	 UNION ALL
	SELECT NULL, NULL, NULL
	 WHERE $2::text IS NULL AND NOT EXISTS (SELECT 1 FROM api_keys WHERE is_active)
), opened AS (
	INSERT INTO page_sessions (token_hash, key_id, expires_at)
	SELECT $1, s.id, now() + make_interval(secs => $3::float8) FROM signed s
	RETURNING expires_at
)
SELECT true, s.name, s.tenant_id, o.expires_at, 0::bigint, s.id IS NOT NULL
  FROM signed s, opened o
