-- The journals of runs that are ours now: from the newest snapshot on, with the row before it.
-- $1 our incarnation, $2 run ids; one may be there twice, by entries of two of its wakes
SELECT s.run_id, s.seq, s.path, s.step_id, s.execution, s.kind, s.delta, s.events, s.usage,
       s.error, s.epoch, s.at
  FROM (SELECT DISTINCT u.run_id FROM unnest($2::text[]) AS u (run_id)) AS i
  JOIN orchestration_runs r ON r.run_id = i.run_id AND r.owner = $1
 CROSS JOIN LATERAL (
	SELECT coalesce((SELECT z.seq
			   FROM run_steps z
			  WHERE z.run_id = r.run_id COLLATE "C"
			    AND z.month = synapsed_month(r.created_at)
			    AND z.kind = 'snapshot'
			  ORDER BY z.seq DESC
			  LIMIT 1), 1) - 1 AS seq) AS f
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C"
	AND s.month = synapsed_month(r.created_at) AND s.seq >= f.seq
 ORDER BY s.run_id, s.seq
