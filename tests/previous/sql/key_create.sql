-- $1 id, $2 name, $3 SHA-256 of the key, $4 its first characters, $5 tenant or NULL
INSERT INTO api_keys (id, name, key_hash, key_prefix, tenant_id)
VALUES ($1, $2, $3, $4, $5)
