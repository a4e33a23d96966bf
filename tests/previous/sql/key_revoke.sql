-- $1 id
UPDATE api_keys SET is_active = false WHERE id = $1 AND is_active
