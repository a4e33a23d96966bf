-- Moments of a schedule are dealt with, and it goes on to its next, in one commit: each gets a
-- row, and a run as its overlap policy says. Who comes second finds another next_at.
-- $1 id, $2 its version, $3 next_at as it was, in microseconds, $4 its next moment in seconds
-- since 1970, or NULL
-- $5 moments in seconds, $6 run ids, $7 queue of a tenant that has no home, $8 run timeout in ms
-- returns state and how many
WITH s AS (
	UPDATE schedules c
	   SET next_at = timestamptz 'epoch' + $4::int8 * interval '1 second'
	 WHERE c.id = $1 AND c.version = $2::int8 AND NOT c.paused
	   AND c.next_at = timestamptz 'epoch' + $3::int8 * interval '1 microsecond'
	RETURNING c.id, c.tenant_id, c.orchestration_id, c.overlap, c.body::jsonb AS b
), v AS (
	SELECT max(d.version) AS version
	  FROM s JOIN definition_versions d
	    ON d.kind = 'orchestration' AND d.id = s.orchestration_id
), busy AS (
	SELECT EXISTS (SELECT FROM orchestration_runs r
			WHERE r.schedule_id = $1 AND r.ended_at IS NULL)
	    OR EXISTS (SELECT FROM schedule_fires w
			WHERE w.schedule_id = $1 AND w.state = 'waiting') AS yes
), made AS (
	INSERT INTO schedule_fires (schedule_id, due_at, state, run_id, detail)
	SELECT s.id, timestamptz 'epoch' + i.due * interval '1 second',
	       CASE WHEN v.version IS NULL THEN 'failed'
		    WHEN s.overlap = 'allow' OR (i.n = 1 AND NOT busy.yes) THEN 'started'
		    WHEN s.overlap = 'skip' THEN 'skipped'
		    ELSE 'waiting' END,
	       i.run_id, CASE WHEN v.version IS NULL THEN 'orchestration_not_found' END
	  FROM s CROSS JOIN v CROSS JOIN busy
	 CROSS JOIN unnest($5::int8[], $6::text[]) WITH ORDINALITY AS i (due, run_id, n)
	    ON CONFLICT DO NOTHING
	RETURNING schedule_id, due_at, state, run_id
), fires AS (
	SELECT m.schedule_id, m.due_at, m.state, m.run_id, s.tenant_id, s.orchestration_id,
	       s.b, v.version
	  FROM made m CROSS JOIN s CROSS JOIN v
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
			   $7),
	       coalesce((f.b ->> 'priority')::int4, 0), f.version,
	       coalesce(f.b ->> 'message', ''), f.b ->> 'inputs',
	       (coalesce(f.b -> 'metadata', '{}')
		|| jsonb_build_object('schedule', f.schedule_id, 'due_at',
			to_char(f.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))::text,
	       f.schedule_id,
	       CASE WHEN $8::int8 > 0 THEN now() + $8::int8 * interval '1 millisecond' END
	  FROM fires f
	 WHERE f.state = 'started'
)
SELECT m.state, count(*) FROM made m GROUP BY m.state
