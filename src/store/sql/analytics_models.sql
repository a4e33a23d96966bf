-- Calls of models by model, and the runs that made them, by the moment of the call: the index
-- (at) of journal rows with usage is read for the time that is asked for.
-- $1 tenant, $2 orchestration: or NULL
-- $3 at or after this moment, $4 before that one, in ms since 1970; $5 groups at most
-- Returns the groups as JSON text, and whether there are more.
WITH used AS (
	SELECT coalesce(u.call ->> 'model', '') AS model, s.run_id,
	       sum((u.call ->> 'calls')::int8) AS calls,
	       sum((u.call ->> 'input_tokens')::int8) AS input_tokens,
	       sum((u.call ->> 'output_tokens')::int8) AS output_tokens,
	       sum((u.call ->> 'cost_usd')::float8) AS cost_usd
	  FROM run_steps s
	 CROSS JOIN LATERAL json_array_elements(s.usage::json) AS u (call)
	 WHERE s.usage IS NOT NULL
	   AND s.at >= timestamptz 'epoch' + $3::int8 * interval '1 millisecond'
	   AND s.at < timestamptz 'epoch' + $4::int8 * interval '1 millisecond'
	 GROUP BY 1, 2
), grouped AS (
	SELECT k.model AS key, count(*) AS runs,
	       count(*) FILTER (WHERE r.kind = 'chat') AS turns,
	       count(*) FILTER (WHERE r.ended_as = 'completed') AS completed,
	       count(*) FILTER (WHERE r.ended_as = 'failed') AS failed,
	       count(*) FILTER (WHERE r.ended_as = 'cancelled') AS cancelled,
	       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
		       ORDER BY extract(epoch FROM r.ended_at - r.started_at)::float8)
		       AS spans,
	       coalesce(sum(k.cost_usd), 0) AS cost_usd,
	       coalesce(sum(k.input_tokens + k.output_tokens), 0) AS tokens,
	       coalesce(sum(k.calls), 0) AS calls
	  FROM used k
	 CROSS JOIN LATERAL (
		SELECT o.kind, o.ended_as, o.started_at, o.ended_at
		  FROM orchestration_runs o
		 WHERE o.run_id = k.run_id COLLATE "default"
		   AND ($1::text IS NULL OR o.tenant_id = $1)
		   AND ($2::text IS NULL OR o.orchestration_id = $2)
		OFFSET 0) r
	 GROUP BY k.model
), shown AS (
	SELECT row_number() OVER (ORDER BY g.runs DESC, g.key) AS place,
	       g.key, g.runs, g.turns, g.completed, g.failed, g.cancelled,
	       round(g.completed * 100.0 / nullif(g.completed + g.failed, 0), 2)
		       AS success_rate,
	       round(g.spans[1]::numeric, 3) AS p50_seconds,
	       round(g.spans[2]::numeric, 3) AS p95_seconds,
	       round(g.spans[3]::numeric, 3) AS p99_seconds,
	       round(g.cost_usd::numeric, 6) AS cost_usd, g.tokens, g.calls
	  FROM grouped g
)
SELECT (SELECT coalesce(json_agg(to_jsonb(s) - 'place' ORDER BY s.key), '[]')::text
	  FROM shown s WHERE s.place <= $5::int8),
       NULL::text,
       (SELECT count(*) FROM shown s) > $5::int8
