-- What Redis shows of a queue's lineage, remembered. $1 queue, $2 n (0: only ask),
-- $3 run_id of the server
-- returns n, recovering, rebuilds_asked, rebuilds_done, pause_n, paused_reason
INSERT INTO queue_lineages AS q (queue, n, run_id)
VALUES ($1, $2::int8, $3)
    ON CONFLICT (queue) DO UPDATE
   SET n = greatest(q.n, excluded.n),
       run_id = CASE WHEN excluded.n > 0 THEN excluded.run_id ELSE q.run_id END
RETURNING q.n, q.recovering, q.rebuilds_asked, q.rebuilds_done, q.pause_n, q.paused_reason
