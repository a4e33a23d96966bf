-- Whom a worker's row belongs to. $1 worker id
SELECT incarnation, coalesce(status = 'online', false) FROM workers WHERE worker_id = $1
