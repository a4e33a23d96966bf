-- The rows of runs that are ours say whether they wait for people, and for what. Behind
-- waits_write.sql. $1 our incarnation, $2 run ids
UPDATE orchestration_runs r
   SET waiting_for_human = EXISTS (SELECT FROM run_waits w
				    WHERE w.run_id = r.run_id AND w.read_at IS NULL
				      AND w.state IN ('open', 'answered', 'expired')),
       human_prompt = (SELECT w.prompt FROM run_waits w
			WHERE w.run_id = r.run_id AND w.state = 'open'
			ORDER BY w.opened_at, w.path LIMIT 1),
       human_fields = (SELECT w.fields::jsonb FROM run_waits w
			WHERE w.run_id = r.run_id AND w.state = 'open'
			ORDER BY w.opened_at, w.path LIMIT 1)
  FROM unnest($2::text[]) AS i (run_id)
 WHERE r.run_id = i.run_id AND r.owner = $1 AND r.status = 'running'
