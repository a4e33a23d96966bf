-- How long ago workers beat, by this server's clock. A beat that is later than now (the
-- clock was set back) is one of this moment, not one that never was. $1 worker ids
SELECT worker_id, incarnation,
       CASE WHEN last_heartbeat IS NULL THEN -1
	    ELSE greatest((extract(epoch FROM now() - last_heartbeat) * 1000)::int8, 0) END
  FROM workers
 WHERE worker_id = ANY ($1::text[])
