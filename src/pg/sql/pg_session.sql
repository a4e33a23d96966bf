-- First statement of each batch behind a transaction-pooling pgbouncer: the settings that
-- a connection of our own gets once (pg_conninfo.c), for this transaction alone.
-- $1 statement_timeout, $2 lock_timeout: milliseconds as text
SELECT set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $2, true),
       set_config('TimeZone', 'UTC', true),
       set_config('DateStyle', 'ISO', true),
       set_config('jit', 'off', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true),
       set_config('enable_bitmapscan', 'off', true),
       set_config('enable_seqscan', 'off', true)
