-- Will this server do?
SELECT current_setting('server_version_num')::int8, pg_is_in_recovery(), version()
