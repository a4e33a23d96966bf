-- A message of a conversation: its turn, behind those that were posted before. The session
-- stays locked until the batch is in; chat_start.sql follows there, then chat_refused.sql.
-- $1 session, $2 tenant, $3 agent, $4 definition, $5 its version, $6 message, $7 images (JSON
-- text or NULL), $8 queue, $9 priority, $10 run timeout (ms), $11 what run ids of the session
-- begin with, $12 only if no turn is live, $13 turns that may wait, $14 webhook, $15 its
-- secret, $16 idempotency key or NULL, $17 sha256 of the body. A key that somebody has: no
-- turn is made (or, if he commits meanwhile, 23505 undoes the batch).
-- returns turn, run id, the turn that is live; nothing, if it was refused
WITH s AS (
	INSERT INTO chat_sessions AS c (session_id, agent_id, tenant_id, status, messages,
					last_message_at, created_at, turns, live_turn,
					waiting)
	SELECT $1::text, $3::text, $2::text, 'queued', '[]', now(), now(), 1, 1, 0
	 WHERE NOT EXISTS (
		SELECT FROM idempotency d WHERE d.tenant_id = $2 AND d.key = $16)
	    ON CONFLICT (session_id) DO UPDATE
	   SET turns = c.turns + 1, live_turn = coalesce(c.live_turn, c.turns + 1),
	       waiting = c.waiting + (c.live_turn IS NOT NULL)::int,
	       agent_id = excluded.agent_id, last_message_at = now(),
	       status = CASE WHEN c.live_turn IS NULL THEN 'queued' ELSE c.status END
	 WHERE c.tenant_id = $2
	   AND (c.live_turn IS NULL OR (NOT $12::bool AND c.waiting < $13::int8))
	RETURNING turns, live_turn
), k AS (
	INSERT INTO idempotency (tenant_id, key, body_sha256, run_id)
	SELECT $2, $16, $17, $11 || s.turns FROM s WHERE $16::text IS NOT NULL
)
INSERT INTO chat_turns (session_id, turn, run_id, tenant_id, agent_id, definition_id,
			definition_version, message, images, queue, priority,
			run_timeout_ms, webhook_url, webhook_secret)
SELECT $1, s.turns, $11 || s.turns, $2, $3, $4,
       $5::int8, $6, $7, $8, $9::int4, $10::int8, $14, $15
  FROM s
RETURNING turn, run_id, (SELECT s.live_turn FROM s)
