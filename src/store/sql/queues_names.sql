-- Names of queues as queues_state.sql has them, those of this host first. $1 configured,
-- $2 at most so many
WITH names AS (
	SELECT q.queue::text AS queue FROM queue_lineages q
	UNION
	SELECT t.queue FROM tenants t WHERE t.queue IS NOT NULL
	UNION
	SELECT c.queue FROM unnest($1::text[]) AS c (queue)
)
SELECT n.queue
  FROM names n
 ORDER BY n.queue = ANY ($1::text[]) DESC, n.queue
 LIMIT $2::int8
