-- One migrator at a time: held until the transaction ends, so it works through a pooler.
-- Two processes that create a table "if not exists" at once may both fail without it.
SELECT pg_advisory_xact_lock(7310591443019288421)
