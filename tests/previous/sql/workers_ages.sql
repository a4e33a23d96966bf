-- How long ago workers beat, by this server's clock. $1 worker ids
SELECT worker_id, incarnation,
       coalesce((extract(epoch FROM now() - last_heartbeat) * 1000)::int8, -1)
  FROM workers
 WHERE worker_id = ANY ($1::text[])
