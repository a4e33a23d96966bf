SELECT number, name, sha256,
       to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || '+00:00'
  FROM schema_migrations
 ORDER BY number
