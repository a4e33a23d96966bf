-- $1 SHA-256 of the token
DELETE FROM page_sessions WHERE token_hash = $1
