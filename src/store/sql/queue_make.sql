-- A queue that no lead has seen yet, but that is configured or has tenants, gets its row.
-- $1 queue, $2 it is configured
INSERT INTO queue_lineages (queue)
SELECT $1
 WHERE $2::bool OR EXISTS (SELECT FROM tenants t WHERE t.queue = $1)
    ON CONFLICT (queue) DO NOTHING
