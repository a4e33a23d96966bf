-- What the settings page shows at its top. "Today" begins at midnight UTC. The lists of all
-- runs are the page's promise: this reads the whole table.
SELECT json_build_object(
	'available', true,
	'total_runs', count(*),
	'runs_today', count(*) FILTER (WHERE r.created_at >= d.today),
	'status_counts', (SELECT coalesce(json_object_agg(s.status, s.n), '{}')
			    FROM (SELECT status, count(*) AS n
				    FROM orchestration_runs GROUP BY status) s),
	'success_rate', round(coalesce(count(*) FILTER (WHERE r.status = 'completed') * 100.0
				       / nullif(count(*), 0), 0), 1),
	'avg_cost_usd', round(coalesce(avg(r.total_cost_usd), 0)::numeric, 6),
	'total_cost_usd_today', round(coalesce(sum(r.total_cost_usd)
					FILTER (WHERE r.created_at >= d.today), 0)::numeric, 6),
	'avg_duration_seconds', round(coalesce(avg(extract(epoch FROM r.ended_at - r.started_at))
					FILTER (WHERE r.status = 'completed'), 0)::numeric, 1),
	'cache_hit_rate', round(coalesce(sum(r.cache_read_tokens) * 100.0
					 / nullif(sum(r.total_tokens_used), 0), 0)::numeric, 1),
	'workers_online', (SELECT count(*) FROM workers w WHERE w.status = 'online'))::text
  FROM orchestration_runs r,
       (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS today) d
