-- A queue is paused, or goes on; what it is already is a change as well.
-- $1 queue, $2 paused, $3 why, or NULL
-- returns the number of the change; no row: there is no such queue
UPDATE queue_lineages q
   SET pause_n = q.pause_n + 1, paused_at = CASE WHEN $2::bool THEN now() END,
       paused_reason = CASE WHEN $2::bool THEN coalesce($3, '') END
 WHERE q.queue = $1
RETURNING q.pause_n
