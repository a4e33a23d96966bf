-- Lists of runs, runs that begin later, paused queues, schedules.

-- ended_as is NULL until the run's end, which is no HOT update anyway: an index of status
-- itself would make none HOT.
ALTER TABLE orchestration_runs
	ADD COLUMN IF NOT EXISTS run_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS schedule_id TEXT,
	ADD COLUMN IF NOT EXISTS ended_as TEXT
		GENERATED ALWAYS AS (CASE WHEN ended_at IS NOT NULL THEN status END) STORED;

-- Each index has the whole order of a list: what has to be sorted is read whole first.
DROP INDEX IF EXISTS idx_runs_tenant_created;
CREATE INDEX idx_runs_tenant_created
	ON orchestration_runs (tenant_id, created_at DESC, run_id DESC);
CREATE INDEX IF NOT EXISTS idx_runs_orchestration_created
	ON orchestration_runs (orchestration_id, created_at DESC, run_id DESC);
CREATE INDEX IF NOT EXISTS idx_runs_session_created
	ON orchestration_runs (session_id, created_at DESC, run_id DESC)
	WHERE session_id IS NOT NULL;
-- completed is what most runs are: they pay nothing for it
CREATE INDEX IF NOT EXISTS idx_runs_outcome_created
	ON orchestration_runs (ended_as, created_at DESC, run_id DESC)
	WHERE ended_as IN ('failed', 'cancelled');
CREATE INDEX IF NOT EXISTS idx_runs_due
	ON orchestration_runs (run_at) WHERE run_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_runs_schedule
	ON orchestration_runs (schedule_id, created_at DESC, run_id DESC)
	WHERE schedule_id IS NOT NULL;

-- The members of a run's metadata, one a row: made when the run is, erased with it
-- (sql/run_delete.sql).
CREATE TABLE IF NOT EXISTS run_tags (
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	run_id VARCHAR(255) NOT NULL,
	PRIMARY KEY (run_id, key)
);
CREATE INDEX IF NOT EXISTS idx_run_tags ON run_tags (key, value, created_at DESC, run_id DESC);

CREATE OR REPLACE FUNCTION synapsed_tag_run() RETURNS trigger LANGUAGE plpgsql
	AS $$
	BEGIN
		INSERT INTO run_tags (key, value, created_at, run_id)
		SELECT e.key, left(e.value, 256), coalesce(new.created_at, now()), new.run_id
		  FROM jsonb_each_text(new.metadata::jsonb) AS e
		 WHERE e.value IS NOT NULL;
		RETURN NULL;
	END
	$$;
DROP TRIGGER IF EXISTS synapsed_tag_run ON orchestration_runs;
CREATE TRIGGER synapsed_tag_run AFTER INSERT ON orchestration_runs
	FOR EACH ROW WHEN (new.metadata IS NOT NULL) EXECUTE FUNCTION synapsed_tag_run();

-- A queue that is paused stays so whatever Redis forgets. pause_n grows with each change:
-- the newest wins in Redis, whoever brings it.
ALTER TABLE queue_lineages
	ADD COLUMN IF NOT EXISTS pause_n BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS paused_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS paused_reason TEXT;

-- What is to be started again and again. next_at: the moment that the clerk has not dealt
-- with yet; NULL while it is paused.
CREATE TABLE IF NOT EXISTS schedules (
	id VARCHAR(255) NOT NULL,
	tenant_id VARCHAR(255) NOT NULL,
	orchestration_id VARCHAR(255) NOT NULL,
	cron TEXT NOT NULL,
	zone TEXT NOT NULL DEFAULT 'UTC',
	body TEXT NOT NULL DEFAULT '{}',
	missed TEXT NOT NULL DEFAULT 'once',
	missed_max INTEGER NOT NULL DEFAULT 100,
	overlap TEXT NOT NULL DEFAULT 'allow',
	paused BOOLEAN NOT NULL DEFAULT false,
	next_at TIMESTAMP WITH TIME ZONE,
	version BIGINT NOT NULL DEFAULT 1,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS idx_schedules_next
	ON schedules (next_at) WHERE next_at IS NOT NULL;

-- One row for each moment of a schedule that was dealt with; the key makes two leads fire once.
CREATE TABLE IF NOT EXISTS schedule_fires (
	schedule_id VARCHAR(255) NOT NULL
		REFERENCES schedules (id) ON DELETE CASCADE,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	state TEXT NOT NULL,
	run_id VARCHAR(255),
	detail TEXT,
	fired_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	PRIMARY KEY (schedule_id, due_at)
);
CREATE INDEX IF NOT EXISTS idx_schedule_fires_waiting
	ON schedule_fires (schedule_id, due_at) WHERE state = 'waiting';
