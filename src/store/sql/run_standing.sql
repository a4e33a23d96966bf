-- How a run stands: status and tenant. $1 run id
SELECT r.status, r.tenant_id FROM orchestration_runs r WHERE r.run_id = $1
