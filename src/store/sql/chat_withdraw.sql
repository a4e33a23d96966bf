-- Turns that wait will not come: they get runs that are to end at once, beside the live one.
-- Behind chat_lock.sql in its batch.
-- $1 session, $2 this turn alone (0: all of them)
-- returns their run ids
WITH gone AS (
	SELECT t.turn, t.run_id
	  FROM chat_turns t
	 WHERE t.session_id = $1 AND t.status = 'waiting'
	   AND ($2::int8 = 0 OR t.turn = $2::int8)
), fewer AS (
	UPDATE chat_sessions s
	   SET waiting = s.waiting - g.count
	  FROM (SELECT count(*) FROM gone) g
	 WHERE s.session_id = $1
)
SELECT g.run_id, synapsed_chat_withdraw($1, g.turn) FROM gone g
