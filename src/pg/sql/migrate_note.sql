-- $1 number, $2 name, $3 sha256, $4 least: this migration is in
INSERT INTO schema_migrations (number, name, sha256, least)
VALUES ($1::text::integer, $2, $3, $4::text::integer)
