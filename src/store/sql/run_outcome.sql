-- How a run is over, or stands still for people; of one that goes on no more than that.
-- $1 run id
SELECT r.tenant_id, r.status, o.over,
       CASE WHEN o.over THEN r.final_response END,
       CASE WHEN o.over THEN r.error END,
       CASE WHEN o.over THEN r.shared_state::text END,
       CASE WHEN o.over THEN r.step_history::text END,
       w.path, w.step_id, w.prompt, w.fields, w.context
  FROM orchestration_runs r
 CROSS JOIN LATERAL (
	SELECT r.status NOT IN ('queued', 'running') AS over) AS o
  LEFT JOIN LATERAL (
	SELECT q.path, q.step_id, q.prompt, q.fields, q.context
	  FROM run_waits q
	 WHERE q.run_id = r.run_id AND q.state = 'open'
	 ORDER BY q.opened_at, q.path
	 LIMIT 1) AS w ON r.status = 'paused'
 WHERE r.run_id = $1
