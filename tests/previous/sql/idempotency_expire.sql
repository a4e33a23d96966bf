-- Keys older than 24 h are free again.
-- $1 tenant ids, $2 keys
DELETE FROM idempotency d
 USING unnest($1::text[], $2::text[]) AS i (tenant_id, key)
 WHERE d.tenant_id = i.tenant_id AND d.key = i.key
   AND d.created_at < now() - interval '24 hours'
