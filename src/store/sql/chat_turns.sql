-- Turns of a conversation, the newest first. $1 session, $2 only those before this one (0:
-- all), $3 at most so many
SELECT t.turn, t.run_id, t.agent_id, t.definition_id, t.status, t.message, t.answer,
       t.error, t.created_at, t.started_at, t.ended_at
  FROM chat_turns t
 WHERE t.session_id = $1 AND ($2::int8 = 0 OR t.turn < $2::int8)
 ORDER BY t.turn DESC
 LIMIT $3::int8
