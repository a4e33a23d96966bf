-- All of one run's row that an answer shows, and what a retry takes along. $1 run id
SELECT run_id, orchestration_id, tenant_id, session_id, status, current_step_id,
       coalesce(waiting_for_human, false), human_prompt, human_fields::text, worker_id,
       coalesce(total_cost_usd, 0), coalesce(total_tokens_used, 0), started_at, ended_at,
       created_at, picked_up_at, final_response, error, coalesce(definition_version, 0),
       wake, epoch, attempt, event_seq, queue, '', cancel_requested_at, priority, metadata,
       run_at, schedule_id,
       input, inputs, shared_state::text, owner, lane, cause, crashes, requeues,
       coalesce(cache_read_tokens, 0), coalesce(cache_write_tokens, 0), webhook_url,
       idempotency_key, parent_run_id, trace_id, deadline_at, ready_at, updated_at,
       webhook_secret
  FROM orchestration_runs
 WHERE run_id = $1
