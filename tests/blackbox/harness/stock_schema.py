"""The tables of a stock database, written from the contract (section 4) and from nothing of ours."""

# As SQLAlchemy's create_all writes them: types, no DEFAULT clauses, all indexes.
DDL = """
CREATE TABLE orchestrations (id VARCHAR(255) NOT NULL, name VARCHAR(500) NOT NULL,
 description TEXT, definition JSONB NOT NULL, tenant_id VARCHAR(255) NOT NULL,
 created_at TIMESTAMP WITH TIME ZONE, updated_at TIMESTAMP WITH TIME ZONE,
 is_active BOOLEAN, PRIMARY KEY (id));
CREATE INDEX idx_orchestrations_tenant ON orchestrations (tenant_id);
CREATE INDEX idx_orchestrations_updated ON orchestrations (updated_at);
CREATE TABLE agents (id VARCHAR(255) NOT NULL, name VARCHAR(500) NOT NULL,
 definition JSONB NOT NULL, tenant_id VARCHAR(255) NOT NULL,
 updated_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (id));
CREATE INDEX idx_agents_tenant ON agents (tenant_id);
CREATE TABLE tools (id VARCHAR(255) NOT NULL, name VARCHAR(500) NOT NULL,
 definition JSONB NOT NULL, tenant_id VARCHAR(255) NOT NULL,
 updated_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (id));
CREATE INDEX idx_tools_tenant ON tools (tenant_id);
CREATE TABLE mcp_servers (name VARCHAR(255) NOT NULL, label VARCHAR(500) NOT NULL,
 definition JSONB NOT NULL, tenant_id VARCHAR(255) NOT NULL,
 updated_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (name));
CREATE INDEX idx_mcp_servers_tenant ON mcp_servers (tenant_id);
CREATE TABLE scale_settings (key VARCHAR(255) NOT NULL, value TEXT NOT NULL,
 updated_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (key));
CREATE TABLE orchestration_runs (run_id VARCHAR(255) NOT NULL,
 orchestration_id VARCHAR(255) NOT NULL, session_id VARCHAR(255),
 tenant_id VARCHAR(255) NOT NULL, status VARCHAR(50) NOT NULL, shared_state JSONB NOT NULL,
 step_history JSONB NOT NULL, current_step_id VARCHAR(255), waiting_for_human BOOLEAN,
 human_prompt TEXT, human_fields JSONB, nested_run_id VARCHAR(255),
 nested_orch_id VARCHAR(255), total_tokens_used INTEGER, total_cost_usd FLOAT,
 cache_read_tokens INTEGER, cache_write_tokens INTEGER, cache_hit_count INTEGER,
 estimated_savings_usd FLOAT, started_at TIMESTAMP WITH TIME ZONE,
 ended_at TIMESTAMP WITH TIME ZONE, created_at TIMESTAMP WITH TIME ZONE,
 worker_id VARCHAR(255), job_id VARCHAR(255), webhook_url TEXT, webhook_secret TEXT,
 PRIMARY KEY (run_id));
CREATE INDEX ix_orchestration_runs_orchestration_id ON orchestration_runs (orchestration_id);
CREATE INDEX idx_runs_status ON orchestration_runs (status);
CREATE INDEX idx_runs_tenant_status ON orchestration_runs (tenant_id, status, created_at);
CREATE INDEX idx_runs_worker ON orchestration_runs (worker_id);
CREATE INDEX idx_runs_waiting_human ON orchestration_runs (waiting_for_human);
CREATE TABLE chat_sessions (session_id VARCHAR(255) NOT NULL, agent_id VARCHAR(255),
 tenant_id VARCHAR(255) NOT NULL, status VARCHAR(50), messages JSONB NOT NULL,
 last_message_at TIMESTAMP WITH TIME ZONE, worker_id VARCHAR(255), job_id VARCHAR(255),
 created_at TIMESTAMP WITH TIME ZONE, webhook_url TEXT, webhook_secret TEXT,
 PRIMARY KEY (session_id));
CREATE INDEX idx_chat_tenant_time ON chat_sessions (tenant_id, last_message_at);
CREATE TABLE workers (worker_id VARCHAR(255) NOT NULL, hostname VARCHAR(500),
 address VARCHAR(500), status VARCHAR(50), capabilities JSONB, active_jobs INTEGER,
 max_jobs INTEGER, last_heartbeat TIMESTAMP WITH TIME ZONE,
 registered_at TIMESTAMP WITH TIME ZONE, mcp_disabled JSONB, PRIMARY KEY (worker_id));
CREATE TABLE dead_letter_queue (id UUID NOT NULL, run_id VARCHAR(255),
 orchestration_id VARCHAR(255), job_function VARCHAR(255), job_payload JSONB NOT NULL,
 error_message TEXT, error_traceback TEXT, attempt_count INTEGER,
 first_failed_at TIMESTAMP WITH TIME ZONE, last_failed_at TIMESTAMP WITH TIME ZONE,
 resolved BOOLEAN, PRIMARY KEY (id));
CREATE INDEX idx_dlq_resolved ON dead_letter_queue (resolved, last_failed_at);
CREATE TABLE tenants (tenant_id VARCHAR(255) NOT NULL, name VARCHAR(500),
 max_concurrent_runs INTEGER, max_queued_runs INTEGER, priority INTEGER,
 created_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (tenant_id));
"""
