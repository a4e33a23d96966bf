-- A new token for an old one, which is good for a minute more: requests with it may be under
-- way. $1 SHA-256 of the old one, $2 of the new one
WITH old AS (
	UPDATE page_sessions SET expires_at = least(expires_at, now() + interval '1 minute')
	 WHERE token_hash = $1 AND expires_at > now()
	RETURNING key_id
)
INSERT INTO page_sessions (token_hash, key_id, expires_at)
SELECT $2, o.key_id, s.expires_at
  FROM old o, page_sessions s
 WHERE s.token_hash = $1
