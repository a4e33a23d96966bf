-- These keys were used; written at most once a minute. $1 ids
UPDATE api_keys k
   SET last_used_at = now()
  FROM unnest($1::text[]) AS i (id)
 WHERE k.id = i.id
   AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute')
