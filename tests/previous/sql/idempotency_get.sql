-- Who has these keys now.
-- $1 tenant ids, $2 keys, $3 position of each in the caller's rows
-- returns position, run id, sha256 of the body
SELECT i.at, d.run_id, d.body_sha256
  FROM unnest($1::text[], $2::text[], $3::int8[]) AS i (tenant_id, key, at)
  JOIN idempotency d ON d.tenant_id = i.tenant_id AND d.key = i.key
