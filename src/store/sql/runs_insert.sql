-- Accept runs that have no idempotency key: queued, awake once, ready now.
-- $1..$17 one array per column below; rows in order of run id
INSERT INTO orchestration_runs (
	run_id, orchestration_id, tenant_id, session_id, status, shared_state, step_history,
	waiting_for_human, human_fields, total_tokens_used, total_cost_usd,
	cache_read_tokens, cache_write_tokens, cache_hit_count, estimated_savings_usd,
	started_at, created_at, updated_at, ready_at, wake, queue, lane, priority,
	definition_version, input, inputs, metadata, webhook_url, webhook_secret,
	parent_run_id, trace_id, deadline_at, run_at)
SELECT i.run_id, i.orchestration_id, i.tenant_id, i.session_id, 'queued', '{}', '[]',
       false, '[]', 0, 0.0, 0, 0, 0, 0.0,
       now(), now(), now(), greatest(now(), a.run_at), 1, i.queue, i.lane, i.priority,
       i.definition_version, i.input, i.inputs, i.metadata, i.webhook_url,
       i.webhook_secret, i.parent_run_id, i.trace_id,
       CASE WHEN i.run_timeout_ms > 0
	    THEN greatest(now(), a.run_at) + i.run_timeout_ms * interval '1 millisecond' END,
       CASE WHEN a.run_at > now() THEN a.run_at END
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
	      $7::int4[], $8::int8[], $9::text[], $10::text[], $11::text[], $12::text[],
	      $13::text[], $14::text[], $15::text[], $16::int8[],
	      $17::int8[])
       AS i (run_id, orchestration_id, tenant_id, session_id, queue, lane, priority,
	     definition_version, input, inputs, metadata, webhook_url, webhook_secret,
	     parent_run_id, trace_id, run_timeout_ms, run_at_ms)
 CROSS JOIN LATERAL (SELECT CASE WHEN i.run_at_ms > 0
	THEN timestamptz 'epoch' + i.run_at_ms * interval '1 millisecond' END AS run_at) a
