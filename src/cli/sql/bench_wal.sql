-- What Postgres' log has cost so far.
-- returns its files, pages written whole into it, flushes
SELECT (SELECT count(*) FROM pg_ls_waldir()), wal_fpi, wal_sync FROM pg_stat_wal
