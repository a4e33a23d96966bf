-- Behind chat_post.sql in its batch: the turn that is live gets its run, if it has none.
-- $1 session
SELECT synapsed_chat_start(t.session_id, t.turn)
  FROM chat_sessions s
  JOIN chat_turns t ON t.session_id = s.session_id AND t.turn = s.live_turn
 WHERE s.session_id = $1 AND t.status = 'waiting'
