-- In front of chat_withdraw.sql: nobody posts and no turn moves. $1 session
SELECT s.turns FROM chat_sessions s WHERE s.session_id = $1 FOR UPDATE
