-- Incarnations that have beaten within so many ms. $1 milliseconds
SELECT w.incarnation
  FROM workers w
 WHERE w.status = 'online' AND w.incarnation IS NOT NULL
   AND w.last_heartbeat > now() - $1::int8 * interval '1 millisecond'
 ORDER BY w.incarnation
