-- What was said before a turn of a conversation, with one agent: the newest turns that were
-- answered, the newest first. $1 session, $2 agent, $3 before this turn, $4 at most so many
SELECT t.message, t.answer
  FROM chat_turns t
 WHERE t.session_id = $1 AND t.agent_id = $2 AND t.turn < $3::int8
   AND t.status = 'completed'
 ORDER BY t.turn DESC
 LIMIT $4::int8
