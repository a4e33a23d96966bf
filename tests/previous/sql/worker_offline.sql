-- $1 worker id, $2 the incarnation that has left
UPDATE workers
   SET status = 'offline', active_jobs = 0
 WHERE worker_id = $1 AND incarnation = $2
