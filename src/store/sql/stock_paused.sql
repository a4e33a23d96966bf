-- A run that a stock program left waiting for people, and that nobody has taken over.
-- $1 run id
SELECT r.orchestration_id, r.tenant_id, r.current_step_id, r.human_prompt,
       r.shared_state::text, r.step_history::text, r.nested_run_id
  FROM orchestration_runs r
 WHERE r.run_id = $1 AND r.status = 'paused' AND r.wake = 0 AND r.epoch = 0
   AND r.owner IS NULL AND r.ended_at IS NULL
