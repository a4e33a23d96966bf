-- The images of a message: JSON text of a list, or NULL. $1 session, $2 turn
SELECT t.images FROM chat_turns t WHERE t.session_id = $1 AND t.turn = $2::int8
