-- least: programs that do not know the migration of this number cannot work with the
-- database; the column is not there yet in one that an older program has migrated
SELECT number, name, sha256,
       to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || '+00:00',
       coalesce((to_jsonb(m) ->> 'least')::integer, 0)
  FROM schema_migrations m
 ORDER BY number
