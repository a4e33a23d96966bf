-- Runs that were ours and have ended wait for nobody. Behind runs_end.sql. $1 our
-- incarnation, $2 run ids
UPDATE run_waits w
   SET state = CASE WHEN w.state = 'open' THEN 'closed' ELSE w.state END, read_at = now()
  FROM unnest($2::text[]) AS i (run_id)
  JOIN orchestration_runs r ON r.run_id = i.run_id AND r.owner = $1 AND r.ended_at IS NOT NULL
 WHERE w.run_id = r.run_id AND w.read_at IS NULL
