-- Turns of a conversation that may have events between two moments, in order.
-- $1 session, $2, $3 the moments (ms since 1970), $4 at most so many
SELECT t.turn, t.run_id, t.definition_id, t.ended_at IS NOT NULL, t.tenant_id
  FROM chat_turns t
 WHERE t.session_id = $1
   AND (t.ended_at IS NULL
	-- clocks of workers differ from this one's
	OR t.ended_at >= timestamptz 'epoch' + ($2::int8 - 60000) * interval '1 millisecond')
   AND t.created_at <= timestamptz 'epoch' + ($3::int8 + 60000) * interval '1 millisecond'
 ORDER BY t.turn
 LIMIT $4::int8
