-- A key of a stock file is the fleet's. One that is known stays as it is, but that it ends
-- here when it has ended there. $1 id, $2 name, $3 SHA-256, $4 first characters, $5 tenant
-- (NULL: any), $6 when it was made (NULL: now), $7 whether it is active
INSERT INTO api_keys AS k (id, name, key_hash, key_prefix, tenant_id, created_at, is_active)
SELECT $1, $2, $3, $4, $5, coalesce($6::timestamptz, now()), $7::int4 = 1
 WHERE NOT EXISTS (SELECT FROM api_keys o WHERE o.id = $1 AND o.key_hash <> $3)
    ON CONFLICT (key_hash) DO UPDATE SET is_active = false
 WHERE k.is_active AND NOT excluded.is_active
