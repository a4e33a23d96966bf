-- Those of these keys that have ended. $1 SHA-256 of each
SELECT key_hash FROM api_keys WHERE key_hash = ANY ($1::text[]) AND NOT is_active
