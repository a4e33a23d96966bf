-- One run as the settings page shows it. $1 run id
SELECT json_build_object(
	'run_id', r.run_id, 'orchestration_id', r.orchestration_id,
	'session_id', r.session_id, 'tenant_id', r.tenant_id, 'status', r.status,
	'started_at', synapsed_moment(r.started_at), 'ended_at', synapsed_moment(r.ended_at),
	'total_cost_usd', r.total_cost_usd, 'total_tokens_used', r.total_tokens_used,
	'worker_id', r.worker_id, 'current_step_id', r.current_step_id,
	'waiting_for_human', coalesce(r.waiting_for_human, false),
	'human_prompt', r.human_prompt, 'cache_hit_count', r.cache_hit_count,
	'estimated_savings_usd', r.estimated_savings_usd)::text
  FROM orchestration_runs r
 WHERE r.run_id = $1
