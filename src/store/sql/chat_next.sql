-- The turn of a conversation that is ready and that nobody has yet, as its entry in the queue
-- needs it. $1 session
SELECT r.run_id, r.wake, r.attempt, r.queue, r.lane, r.priority, r.tenant_id,
       r.orchestration_id, coalesce(r.definition_version, 0),
       coalesce(n.max_concurrent_runs, 0)
  FROM chat_sessions s
  JOIN chat_turns t ON t.session_id = s.session_id AND t.turn = s.live_turn
  JOIN orchestration_runs r ON r.run_id = t.run_id
  LEFT JOIN tenants n ON n.tenant_id = r.tenant_id
 WHERE s.session_id = $1 AND r.status = 'queued'
