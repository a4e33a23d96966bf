-- How far a recovery is. $1 queue, $2 its number, $3 state, $4 entries pushed so far,
-- $5 rebuilds that are done with it
UPDATE queue_lineages q
   SET state = $3, pushed = $4, rebuilds_done = greatest(q.rebuilds_done, $5::int8),
       changed_at = now()
 WHERE q.queue = $1 AND q.recovering = $2
