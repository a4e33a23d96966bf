-- Settings as a stock sync stores them. $1 keys, $2 values (JSON texts)
INSERT INTO scale_settings AS s (key, value, updated_at)
SELECT n.key, n.value, now()
  FROM unnest($1::text[], $2::text[]) AS n (key, value)
    ON CONFLICT (key) DO UPDATE
   SET value = excluded.value, updated_at = now()
 WHERE s.value IS DISTINCT FROM excluded.value
