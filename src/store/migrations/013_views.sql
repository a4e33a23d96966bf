-- What the page shows of workers and of the last hours, and calls of models by their time.

-- state, version and so on: as the keeper of that host saw it last; counters since the
-- worker's incarnation began
ALTER TABLE workers
	ADD COLUMN IF NOT EXISTS state TEXT,
	ADD COLUMN IF NOT EXISTS version TEXT,
	ADD COLUMN IF NOT EXISTS generation INTEGER NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS memory_bytes BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS runs_ended BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS runs_failed BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS cost_micros BIGINT NOT NULL DEFAULT 0;

-- What each host's workers ended in a minute (sql/workers_beat.sql), so that throughput and
-- spend of the fleet cost the same however many runs there are. Two days are kept.
CREATE TABLE IF NOT EXISTS fleet_minutes (
	minute TIMESTAMP WITH TIME ZONE NOT NULL,
	hostname VARCHAR(500) NOT NULL,
	ended BIGINT NOT NULL DEFAULT 0,
	failed BIGINT NOT NULL DEFAULT 0,
	cost_micros BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (minute, hostname)
);

-- rows of the journal without a model call, which most are, pay nothing for it
CREATE INDEX IF NOT EXISTS idx_run_steps_usage ON run_steps (at) WHERE usage IS NOT NULL;
