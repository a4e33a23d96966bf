-- Questions to people: what a list of them shows, and reminders. tenant_id and
-- orchestration_id are those of the run.
ALTER TABLE run_waits
	ADD COLUMN IF NOT EXISTS tenant_id VARCHAR(255),
	ADD COLUMN IF NOT EXISTS orchestration_id VARCHAR(255),
	ADD COLUMN IF NOT EXISTS context TEXT,
	ADD COLUMN IF NOT EXISTS reminder_ms BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS remind_at TIMESTAMP WITH TIME ZONE,
	ADD COLUMN IF NOT EXISTS reminders INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS idx_waits_open
	ON run_waits (opened_at, run_id, path, execution) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS idx_waits_open_tenant
	ON run_waits (tenant_id, opened_at, run_id, path, execution) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS idx_waits_remind
	ON run_waits (remind_at) WHERE state = 'open' AND remind_at IS NOT NULL;
