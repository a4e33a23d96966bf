-- A recovery begins: its number. $1 queue
-- returns n, recovering, rebuilds_asked, rebuilds_done, pause_n, paused_reason
UPDATE queue_lineages q
   SET recovering = q.recovering + 1, state = 'attaching', pushed = 0, changed_at = now()
 WHERE q.queue = $1
RETURNING q.n, q.recovering, q.rebuilds_asked, q.rebuilds_done, q.pause_n, q.paused_reason
