-- One turn of a conversation, or (0) its newest, with its run's. $1 session, $2 turn
SELECT t.turn, t.run_id, t.agent_id, t.definition_id, t.status, t.tenant_id,
       coalesce(r.epoch, 0), coalesce(r.wake, 1), t.ended_at IS NOT NULL
  FROM chat_turns t
  LEFT JOIN orchestration_runs r ON r.run_id = t.run_id
 WHERE t.session_id = $1 AND ($2::int8 = 0 OR t.turn = $2::int8)
 ORDER BY t.turn DESC
 LIMIT 1
