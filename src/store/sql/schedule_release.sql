-- Moments that waited get their runs: all of schedules whose runs may overlap, else the oldest
-- if no run of the schedule lives.
-- $1 queue of a tenant that has no home, $2 run timeout in ms, $3 at most so many
-- returns state and how many
WITH ready AS (
	(SELECT f.schedule_id, f.due_at
	   FROM schedule_fires f JOIN schedules s ON s.id = f.schedule_id
	  WHERE f.state = 'waiting' AND s.overlap = 'allow'
	  LIMIT $3::int8)
	UNION
	(SELECT DISTINCT ON (f.schedule_id) f.schedule_id, f.due_at
	   FROM schedule_fires f JOIN schedules s ON s.id = f.schedule_id
	  WHERE f.state = 'waiting' AND s.overlap <> 'allow'
	    AND NOT EXISTS (SELECT FROM orchestration_runs r
			     WHERE r.schedule_id = f.schedule_id AND r.ended_at IS NULL)
	  ORDER BY f.schedule_id, f.due_at
	  LIMIT $3::int8)
), fires AS (
	UPDATE schedule_fires f
	   SET state = CASE WHEN v.version IS NULL THEN 'failed' ELSE 'started' END,
	       detail = CASE WHEN v.version IS NULL THEN 'orchestration_not_found' END,
	       fired_at = now()
	  FROM ready r
	  JOIN schedules s ON s.id = r.schedule_id
	 CROSS JOIN LATERAL (
		SELECT max(d.version) AS version
		  FROM definition_versions d
		 WHERE d.kind = 'orchestration' AND d.id = s.orchestration_id) v
	 WHERE f.schedule_id = r.schedule_id AND f.due_at = r.due_at AND f.state = 'waiting'
	RETURNING f.schedule_id, f.due_at, f.state, f.run_id, s.tenant_id,
		  s.orchestration_id, s.body::jsonb AS b, v.version
), runs AS (
	INSERT INTO orchestration_runs (
		run_id, orchestration_id, tenant_id, session_id, status, shared_state,
		step_history, waiting_for_human, human_fields, total_tokens_used,
		total_cost_usd, cache_read_tokens, cache_write_tokens, cache_hit_count,
		estimated_savings_usd, started_at, created_at, updated_at, ready_at, run_at,
		wake, queue, priority, definition_version, input, inputs, metadata,
		schedule_id, deadline_at)
	SELECT f.run_id, f.orchestration_id, f.tenant_id, f.b ->> 'session_id', 'queued', '{}',
	       '[]', false, '[]', 0, 0.0, 0, 0, 0, 0.0, now(), now(), now(), now(), now(),
	       1, coalesce((SELECT t.queue FROM tenants t WHERE t.tenant_id = f.tenant_id),
			   $1),
	       coalesce((f.b ->> 'priority')::int4, 0), f.version,
	       coalesce(f.b ->> 'message', ''), f.b ->> 'inputs',
	       (coalesce(f.b -> 'metadata', '{}')
		|| jsonb_build_object('schedule', f.schedule_id, 'due_at',
			to_char(f.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))::text,
	       f.schedule_id,
	       CASE WHEN $2::int8 > 0 THEN now() + $2::int8 * interval '1 millisecond' END
	  FROM fires f
	 WHERE f.state = 'started'
)
SELECT f.state, count(*) FROM fires f GROUP BY f.state
