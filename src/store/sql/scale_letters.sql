-- The newest open dead letters.
SELECT coalesce(json_agg(json_build_object(
	'id', x.id, 'run_id', x.run_id, 'orchestration_id', x.orchestration_id,
	'job_function', x.job_function, 'error_message', x.error_message,
	'attempt_count', coalesce(x.attempt_count, 0),
	'last_failed_at', synapsed_moment(x.last_failed_at))
	ORDER BY x.last_failed_at DESC NULLS LAST), '[]')::text
  FROM (SELECT *
	  FROM dead_letter_queue l
	 WHERE l.resolved IS NOT TRUE
	 ORDER BY l.last_failed_at DESC NULLS LAST
	 LIMIT 50) x
