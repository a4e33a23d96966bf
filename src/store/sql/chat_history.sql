-- What was said before a turn of a conversation, with one agent: the newest turns that were
-- answered, the newest first. $1 session, $2 agent, $3 before this turn, $4 at most so many,
-- $5 the run that asks: another tenant's conversation is none
SELECT t.message, t.answer
  FROM chat_turns t
 WHERE t.session_id = $1 AND t.agent_id = $2 AND t.turn < $3::int8
   AND t.status = 'completed'
   AND t.tenant_id = (SELECT r.tenant_id FROM orchestration_runs r WHERE r.run_id = $5)
 ORDER BY t.turn DESC
 LIMIT $4::int8
