-- Where a worker answers. $1 worker id
SELECT coalesce(w.address, '') FROM workers w WHERE w.worker_id = $1
