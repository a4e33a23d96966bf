-- $1 number, $2 name, $3 sha256: this migration is in
INSERT INTO schema_migrations (number, name, sha256) VALUES ($1::text::integer, $2, $3)
