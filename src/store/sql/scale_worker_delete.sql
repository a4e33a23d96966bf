-- One that lives comes back with its next heartbeat. $1 worker id
DELETE FROM workers WHERE worker_id = $1
