-- Everything of a run that has ended goes: its row, its journal, what people were asked, its
-- tags, its dead letters and the key that it was accepted with.
-- $1 run id, $2 its tenant (NULL: any)
-- returns its status; no row: there is no such run, or it has not ended
WITH gone AS (
	DELETE FROM orchestration_runs r
	 WHERE r.run_id = $1 AND ($2::text IS NULL OR r.tenant_id = $2)
	   AND r.ended_at IS NOT NULL
	RETURNING r.run_id::text AS run_id, r.status, r.tenant_id, r.idempotency_key,
		  synapsed_month(r.created_at) AS month
), steps AS (
	DELETE FROM run_steps s
	 USING gone g
	 WHERE s.run_id = g.run_id COLLATE "C" AND s.month = g.month
), waits AS (
	DELETE FROM run_waits w USING gone g WHERE w.run_id = g.run_id
), tags AS (
	DELETE FROM run_tags t USING gone g WHERE t.run_id = g.run_id
), letters AS (
	DELETE FROM dead_letter_queue d USING gone g WHERE d.run_id = g.run_id
), keys AS (
	DELETE FROM idempotency i
	 USING gone g
	 WHERE i.tenant_id = g.tenant_id AND i.key = g.idempotency_key AND i.run_id = g.run_id
)
SELECT status FROM gone
