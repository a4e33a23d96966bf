-- The newest runs. $1 at most, $2 of this session or NULL
SELECT coalesce(json_agg(json_build_object(
	'run_id', x.run_id, 'orchestration_id', x.orchestration_id,
	'session_id', x.session_id, 'tenant_id', x.tenant_id, 'status', x.status,
	'started_at', synapsed_moment(x.started_at), 'ended_at', synapsed_moment(x.ended_at),
	'total_cost_usd', x.total_cost_usd, 'total_tokens_used', x.total_tokens_used,
	'worker_id', x.worker_id) ORDER BY x.created_at DESC NULLS LAST), '[]')::text
  FROM (SELECT *
	  FROM orchestration_runs r
	 WHERE $2::text IS NULL OR r.session_id = $2
	 ORDER BY r.created_at DESC NULLS LAST
	 LIMIT $1::int8) x
