-- Runs by day, hour, orchestration or tenant, turns of chats among them. The tenants are
-- found by skipping through the index (tenant_id, created_at), and of each only what was
-- accepted in the time that is asked for is read.
-- $1 tenant, $2 orchestration: or NULL
-- $3 accepted at or after this moment, $4 before that one, in ms since 1970
-- $5 'day' or 'hour' (of UTC), 'orchestration' or 'tenant'; $6 groups at most
-- Returns the groups and their sum as JSON texts, and whether there are more groups.
WITH RECURSIVE t AS (
	SELECT coalesce($1::text, (SELECT tenant_id::text FROM orchestration_runs
				    ORDER BY tenant_id LIMIT 1)) AS tenant_id
	 UNION ALL
	SELECT (SELECT r.tenant_id::text FROM orchestration_runs r
		 WHERE r.tenant_id > t.tenant_id ORDER BY r.tenant_id LIMIT 1)
	  FROM t
	 WHERE t.tenant_id IS NOT NULL AND $1::text IS NULL
), grouped AS (
	SELECT k.at, k.name, grouping(k.at, k.name) > 0 AS is_sum, count(*) AS runs,
	       count(*) FILTER (WHERE r.kind = 'chat') AS turns,
	       count(*) FILTER (WHERE r.ended_as = 'completed') AS completed,
	       count(*) FILTER (WHERE r.ended_as = 'failed') AS failed,
	       count(*) FILTER (WHERE r.ended_as = 'cancelled') AS cancelled,
	       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY r.took) AS spans,
	       coalesce(sum(r.total_cost_usd), 0)::float8 AS cost_usd,
	       coalesce(sum(r.total_tokens_used), 0) AS tokens
	  FROM t
	 CROSS JOIN LATERAL (
		SELECT o.kind, o.ended_as, o.ended_at - o.started_at AS took, o.created_at,
		       o.orchestration_id, o.tenant_id, o.total_cost_usd,
		       o.total_tokens_used
		  FROM orchestration_runs o
		 WHERE o.tenant_id = t.tenant_id
		   AND ($2::text IS NULL OR o.orchestration_id = $2)
		   AND o.created_at >= timestamptz 'epoch' + $3::int8 * interval '1 millisecond'
		   AND o.created_at < timestamptz 'epoch' + $4::int8 * interval '1 millisecond'
	       ) r
	 CROSS JOIN LATERAL ( -- a moment is printed once a group, not once a run
		SELECT CASE WHEN $5::text IN ('day', 'hour')
			    THEN date_trunc($5, r.created_at AT TIME ZONE 'UTC') END AS at,
		       CASE $5::text WHEN 'orchestration' THEN coalesce(r.orchestration_id, '')
				     WHEN 'tenant' THEN coalesce(r.tenant_id, '') END AS name
	       ) k
	 GROUP BY GROUPING SETS ((k.at, k.name), ())
), printed AS (
	SELECT g.*, coalesce(g.name, to_char(g.at, CASE $5::text
		WHEN 'day' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD"T"HH24":00Z"' END)) AS key
	  FROM grouped g
), shown AS (
	SELECT g.is_sum, row_number() OVER (PARTITION BY g.is_sum
					    ORDER BY g.runs DESC, g.key) AS place,
	       g.key, g.runs, g.turns, g.completed, g.failed, g.cancelled,
	       round(g.completed * 100.0 / nullif(g.completed + g.failed, 0), 2)
		       AS success_rate,
	       round(extract(epoch FROM g.spans[1]), 3) AS p50_seconds,
	       round(extract(epoch FROM g.spans[2]), 3) AS p95_seconds,
	       round(extract(epoch FROM g.spans[3]), 3) AS p99_seconds,
	       round(g.cost_usd::numeric, 6) AS cost_usd, g.tokens
	  FROM printed g
)
SELECT (SELECT coalesce(json_agg(to_jsonb(s) - 'is_sum' - 'place' ORDER BY s.key), '[]')::text
	  FROM shown s WHERE NOT s.is_sum AND s.place <= $6::int8),
       (SELECT (to_jsonb(s) - 'is_sum' - 'place' - 'key')::text FROM shown s WHERE s.is_sum),
       (SELECT count(*) FROM shown s WHERE NOT s.is_sum) > $6::int8
