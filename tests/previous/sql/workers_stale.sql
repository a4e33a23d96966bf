-- Workers that say online and have not beaten for so long are offline.
-- $1 milliseconds; returns their worker ids
UPDATE workers
   SET status = 'offline', active_jobs = 0
 WHERE status = 'online'
   AND (last_heartbeat IS NULL
	OR last_heartbeat < now() - $1::int8 * interval '1 millisecond')
RETURNING worker_id
