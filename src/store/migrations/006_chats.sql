-- Conversations. A chat turn is a run: while it is its turn it has a row in
-- orchestration_runs, of kind 'chat'. Those behind it wait in chat_turns alone, so that
-- nothing of the queue, its care or its clocks ever meets a run that may not start.
--
-- Locks are taken in one order: run, session, turns. Who posts takes the session and only
-- makes new rows; who moves a run has it, and comes to its session by the trigger.

ALTER TABLE orchestration_runs
	ADD COLUMN IF NOT EXISTS kind TEXT NOT NULL DEFAULT 'run';

-- turns: numbers given out. live_turn: the one that has a run that has not ended; NULL:
-- none. waiting: those behind it.
ALTER TABLE chat_sessions
	ADD COLUMN IF NOT EXISTS turns BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS live_turn BIGINT,
	ADD COLUMN IF NOT EXISTS waiting BIGINT NOT NULL DEFAULT 0;

-- status: waiting, then that of its run. definition_id: "agent:<id>", or the orchestration
-- of an agent that has one.
CREATE TABLE IF NOT EXISTS chat_turns (
	session_id VARCHAR(255) NOT NULL,
	turn BIGINT NOT NULL,
	run_id VARCHAR(255) NOT NULL,
	tenant_id VARCHAR(255) NOT NULL,
	agent_id VARCHAR(255) NOT NULL,
	definition_id VARCHAR(255) NOT NULL,
	definition_version BIGINT NOT NULL,
	status TEXT NOT NULL DEFAULT 'waiting',
	message TEXT NOT NULL,
	images TEXT,
	answer TEXT,
	error TEXT,
	queue TEXT,
	priority INTEGER NOT NULL DEFAULT 0,
	run_timeout_ms BIGINT NOT NULL DEFAULT 0,
	webhook_url TEXT,
	webhook_secret TEXT,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	started_at TIMESTAMP WITH TIME ZONE,
	ended_at TIMESTAMP WITH TIME ZONE,
	PRIMARY KEY (session_id, turn)
);
CREATE INDEX IF NOT EXISTS idx_chat_turns_waiting
	ON chat_turns (session_id, turn) WHERE status = 'waiting';

-- It is this turn's turn: its run is there and ready.
CREATE OR REPLACE FUNCTION synapsed_chat_start(session TEXT, nth BIGINT)
	RETURNS void LANGUAGE sql
	AS $$
	INSERT INTO orchestration_runs (
		run_id, orchestration_id, tenant_id, session_id, status, shared_state,
		step_history, waiting_for_human, human_fields, total_tokens_used,
		total_cost_usd, cache_read_tokens, cache_write_tokens, cache_hit_count,
		estimated_savings_usd, started_at, created_at, updated_at, ready_at, wake,
		queue, lane, priority, definition_version, input, webhook_url,
		webhook_secret, deadline_at, kind)
	SELECT t.run_id, t.definition_id, t.tenant_id, t.session_id, 'queued', '{}',
	       '[]', false, '[]', 0,
	       0.0, 0, 0, 0,
	       0.0, now(), now(), now(), now(), 1,
	       t.queue, '-', t.priority, t.definition_version, t.message, t.webhook_url,
	       t.webhook_secret,
	       CASE WHEN t.run_timeout_ms > 0
		    THEN now() + t.run_timeout_ms * interval '1 millisecond' END,
	       'chat'
	  FROM chat_turns t
	 WHERE t.session_id = session AND t.turn = nth;
	UPDATE chat_turns SET status = 'queued' WHERE session_id = session AND turn = nth
	$$;

-- It will never be its turn: its run is there to end, which whoever meets it does.
CREATE OR REPLACE FUNCTION synapsed_chat_withdraw(session TEXT, nth BIGINT)
	RETURNS void LANGUAGE plpgsql
	AS $$
	BEGIN
		PERFORM synapsed_chat_start(session, nth);
		UPDATE orchestration_runs r
		   SET cancel_requested_at = now()
		  FROM chat_turns t
		 WHERE t.session_id = session AND t.turn = nth AND r.run_id = t.run_id;
	END
	$$;

-- The run of a turn has another status: whoever moved it, its turn and its session say so
-- in the same commit, and at its end the next turn gets its run. The column `messages`,
-- which stock programs read, has the newest hundred turns that were answered.
CREATE OR REPLACE FUNCTION synapsed_chat_moved()
	RETURNS trigger LANGUAGE plpgsql
	AS $$
	DECLARE
		nth BIGINT := substring(NEW.run_id FROM '[0-9]+$')::bigint;
		live BIGINT;
		following BIGINT;
		asked TEXT;
	BEGIN
		-- before anything is read: who posts has this row
		SELECT s.live_turn INTO live
		  FROM chat_sessions s
		 WHERE s.session_id = NEW.session_id
		   FOR UPDATE;
		UPDATE chat_turns t
		   SET status = NEW.status,
		       started_at = coalesce(t.started_at, NEW.picked_up_at),
		       answer = CASE WHEN NEW.status = 'completed'
				     THEN NEW.final_response END,
		       error = NEW.error, ended_at = NEW.ended_at
		 WHERE t.session_id = NEW.session_id AND t.turn = nth
		RETURNING t.message INTO asked;
		IF live IS DISTINCT FROM nth THEN
			RETURN NULL; -- withdrawn before it was its turn
		END IF;
		IF NEW.ended_at IS NULL THEN
			UPDATE chat_sessions s
			   SET status = NEW.status, worker_id = NEW.worker_id,
			       job_id = NEW.job_id
			 WHERE s.session_id = NEW.session_id;
			RETURN NULL;
		END IF;
		SELECT min(t.turn) INTO following
		  FROM chat_turns t
		 WHERE t.session_id = NEW.session_id AND t.status = 'waiting';
		IF following IS NOT NULL THEN
			PERFORM synapsed_chat_start(NEW.session_id, following);
		END IF;
		UPDATE chat_sessions s
		   SET live_turn = following,
		       waiting = s.waiting - (following IS NOT NULL)::int,
		       status = CASE WHEN following IS NOT NULL THEN 'queued'
				     ELSE NEW.status END,
		       worker_id = NEW.worker_id, job_id = NEW.job_id,
		       last_message_at = now()
		 WHERE s.session_id = NEW.session_id;
		IF NEW.status = 'completed' THEN
			UPDATE chat_sessions s
			   SET messages = (
				SELECT jsonb_agg(m.value ORDER BY m.n)
				  FROM (SELECT e.value, e.n
					  FROM jsonb_array_elements(
						s.messages || jsonb_build_array(
						 jsonb_build_object('role', 'user',
						  'content', left(asked, 65536)),
						 jsonb_build_object('role', 'assistant',
						  'content', left(coalesce(
						   NEW.final_response, ''), 65536))))
					       WITH ORDINALITY AS e (value, n)
					 ORDER BY e.n DESC
					 LIMIT 200) m)
			 WHERE s.session_id = NEW.session_id;
		END IF;
		RETURN NULL;
	END
	$$;

DROP TRIGGER IF EXISTS synapsed_chat_moved ON orchestration_runs;
CREATE TRIGGER synapsed_chat_moved
	AFTER UPDATE OF status ON orchestration_runs
	FOR EACH ROW
	WHEN (NEW.kind = 'chat' AND OLD.status IS DISTINCT FROM NEW.status)
	EXECUTE FUNCTION synapsed_chat_moved();
