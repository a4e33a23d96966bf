-- A conversation. $1 session
SELECT s.session_id, s.agent_id, s.tenant_id, s.status, s.messages::text,
       s.last_message_at, s.worker_id, s.turns, s.live_turn, s.waiting, t.run_id
  FROM chat_sessions s
  LEFT JOIN chat_turns t ON t.session_id = s.session_id AND t.turn = s.live_turn
 WHERE s.session_id = $1
