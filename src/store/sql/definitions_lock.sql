-- Who stores many definitions in one commit does so alone; the wait has lock_timeout.
SELECT pg_advisory_xact_lock(7310591443019288428)
