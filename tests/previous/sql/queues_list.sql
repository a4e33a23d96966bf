-- The queues that tenants are at home in
SELECT DISTINCT t.queue
  FROM tenants t
 WHERE t.queue IS NOT NULL
