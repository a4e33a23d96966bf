-- Every queue: those that a lead has seen, that tenants are at home in, and $1 (configured).
-- $2 at most so many
WITH names AS (
	SELECT q.queue::text AS queue FROM queue_lineages q
	UNION
	SELECT t.queue FROM tenants t WHERE t.queue IS NOT NULL
	UNION
	SELECT c.queue FROM unnest($1::text[]) AS c (queue)
)
SELECT n.queue, coalesce(q.state, 'new'), coalesce(q.pause_n, 0), q.paused_at,
       q.paused_reason,
       (SELECT count(*)
	  FROM dead_letter_queue d
	  JOIN orchestration_runs r ON r.run_id = d.run_id
	 WHERE d.resolved = false AND r.queue = n.queue)
  FROM names n
  LEFT JOIN queue_lineages q ON q.queue = n.queue
 ORDER BY n.queue
 LIMIT $2::int8
