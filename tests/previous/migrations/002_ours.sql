-- What this program adds beside the stock tables. Every NOT NULL column has a default,
-- because stock writers do not know it: wake 0 says "inserted by a stock API server".

ALTER TABLE orchestration_runs
	ADD COLUMN IF NOT EXISTS epoch BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS wake BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS event_seq BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS definition_version BIGINT,
	ADD COLUMN IF NOT EXISTS ready_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS picked_up_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS deadline_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS cancel_requested_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS attempt INTEGER NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS crashes INTEGER NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS requeues INTEGER NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS priority INTEGER NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS owner TEXT,
	ADD COLUMN IF NOT EXISTS cause TEXT,
	ADD COLUMN IF NOT EXISTS charged_by TEXT,
	ADD COLUMN IF NOT EXISTS queue TEXT,
	ADD COLUMN IF NOT EXISTS lane TEXT NOT NULL DEFAULT '-',
	ADD COLUMN IF NOT EXISTS input TEXT,
	ADD COLUMN IF NOT EXISTS inputs TEXT,
	ADD COLUMN IF NOT EXISTS metadata TEXT,
	ADD COLUMN IF NOT EXISTS idempotency_key TEXT,
	ADD COLUMN IF NOT EXISTS parent_run_id TEXT,
	ADD COLUMN IF NOT EXISTS trace_id TEXT,
	ADD COLUMN IF NOT EXISTS final_response TEXT,
	ADD COLUMN IF NOT EXISTS error TEXT;

-- room in each page for the new version of a row, so that updates are HOT
ALTER TABLE orchestration_runs SET (fillfactor = 70);

-- ready_at moves only when a run wakes; status is in no index
CREATE INDEX IF NOT EXISTS idx_runs_tenant_created
	ON orchestration_runs (tenant_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_runs_live
	ON orchestration_runs (ready_at) WHERE ended_at IS NULL;

-- The month of a run's journal: that of its created_at, in UTC.
CREATE OR REPLACE FUNCTION synapsed_month(at TIMESTAMP WITH TIME ZONE) RETURNS date
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$
	SELECT date_trunc('month', coalesce(at, '1970-01-01 00:00:00+00'::timestamptz)
			  AT TIME ZONE 'UTC')::date
	$$;

-- The journal. delta, events, usage and error are JSON text, never JSONB: they are written
-- once and read whole.
CREATE TABLE IF NOT EXISTS run_steps (
	run_id VARCHAR(255) COLLATE "C" NOT NULL,
	month DATE NOT NULL,
	seq BIGINT NOT NULL,
	epoch BIGINT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	execution INTEGER NOT NULL DEFAULT 0,
	kind TEXT NOT NULL,
	path TEXT NOT NULL DEFAULT '',
	step_id TEXT NOT NULL DEFAULT '',
	delta TEXT,
	events TEXT,
	usage TEXT,
	error TEXT,
	PRIMARY KEY (run_id, seq, month)
) PARTITION BY RANGE (month);

CREATE TABLE IF NOT EXISTS run_steps_default PARTITION OF run_steps DEFAULT;

-- Make the partition of the month that a moment is in. A month whose rows are in the default
-- partition already stays there.
CREATE OR REPLACE FUNCTION synapsed_make_partition(at TIMESTAMP WITH TIME ZONE)
	RETURNS void LANGUAGE plpgsql
	AS $$
	DECLARE
		first date := synapsed_month(at);
	BEGIN
		EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF run_steps '
			       'FOR VALUES FROM (%L) TO (%L)',
			       'run_steps_' || to_char(first, 'YYYYMM'),
			       first, (first + interval '1 month')::date);
	EXCEPTION WHEN check_violation THEN
		RAISE WARNING 'run_steps_default holds rows of %: no partition is made',
			first;
	END
	$$;

CREATE TABLE IF NOT EXISTS run_waits (
	run_id VARCHAR(255) NOT NULL,
	path TEXT NOT NULL,
	execution INTEGER NOT NULL DEFAULT 0,
	step_id TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL DEFAULT 'open',
	prompt TEXT,
	fields TEXT,
	answer TEXT,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	deadline_at TIMESTAMP WITH TIME ZONE,
	answered_at TIMESTAMP WITH TIME ZONE,
	read_at TIMESTAMP WITH TIME ZONE,
	PRIMARY KEY (run_id, path, execution)
);
CREATE INDEX IF NOT EXISTS idx_waits_deadline
	ON run_waits (deadline_at) WHERE state = 'open';

-- What runs have pinned. sha256 is that of the definition as jsonb prints it.
CREATE TABLE IF NOT EXISTS definition_versions (
	kind TEXT NOT NULL,
	id VARCHAR(255) NOT NULL,
	version BIGINT NOT NULL,
	definition TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	PRIMARY KEY (kind, id, version)
);

CREATE TABLE IF NOT EXISTS api_keys (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	key_hash TEXT NOT NULL,
	key_prefix TEXT NOT NULL,
	tenant_id VARCHAR(255),
	created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	last_used_at TIMESTAMP WITH TIME ZONE,
	is_active BOOLEAN NOT NULL DEFAULT true,
	PRIMARY KEY (id),
	UNIQUE (key_hash)
);

CREATE TABLE IF NOT EXISTS idempotency (
	tenant_id VARCHAR(255) NOT NULL,
	key VARCHAR(300) NOT NULL,
	body_sha256 TEXT NOT NULL,
	run_id VARCHAR(255) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, key)
);
CREATE INDEX IF NOT EXISTS idx_idempotency_created ON idempotency (created_at);

CREATE TABLE IF NOT EXISTS leases (
	name TEXT NOT NULL,
	holder TEXT NOT NULL,
	until TIMESTAMP WITH TIME ZONE NOT NULL,
	term BIGINT NOT NULL DEFAULT 1,
	PRIMARY KEY (name)
);

-- the incarnation that a registry row belongs to; NULL: a stock worker's
ALTER TABLE workers ADD COLUMN IF NOT EXISTS incarnation TEXT;
-- the home queue, pinned at first use
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS queue TEXT;
