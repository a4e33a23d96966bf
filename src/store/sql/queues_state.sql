-- Every queue: those that a lead has seen, that tenants are at home in, and $1 (configured).
-- $2 at most so many; $3 runs of each are counted at most: what is accepted for a later
-- moment, and what is at it again after a failure or a death of its worker. Both are read in
-- indexes by queue that have nothing else: one queue's many hide nothing of another's.
WITH names AS (
	SELECT q.queue::text AS queue FROM queue_lineages q
	UNION
	SELECT t.queue FROM tenants t WHERE t.queue IS NOT NULL
	UNION
	SELECT c.queue FROM unnest($1::text[]) AS c (queue)
	 ORDER BY queue
	 LIMIT $2::int8
)
SELECT n.queue, coalesce(q.state, 'new'), coalesce(q.pause_n, 0), q.paused_at,
       q.paused_reason,
       (SELECT count(*)
	  FROM dead_letter_queue d
	  JOIN orchestration_runs r ON r.run_id = d.run_id
	 WHERE d.resolved = false AND r.queue = n.queue),
       (SELECT count(*)
	  FROM (SELECT
		  FROM orchestration_runs r
		 WHERE r.queue = n.queue AND r.ended_at IS NULL AND r.run_at > now()
		   AND r.status = 'queued'
		 LIMIT $3::int8) later),
       (SELECT count(*)
	  FROM (SELECT
		  FROM orchestration_runs r
		 WHERE r.queue = n.queue AND r.ended_at IS NULL
		   AND (r.attempt > 1 OR r.crashes > 0) AND r.status IN ('queued', 'running')
		 LIMIT $3::int8) again)
  FROM names n
  LEFT JOIN queue_lineages q ON q.queue = n.queue
 ORDER BY n.queue
