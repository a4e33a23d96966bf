-- How a run stands after a death. $1 run id
SELECT r.status, r.owner, r.wake, r.epoch, r.crashes, r.charged_by, r.cause,
       coalesce((SELECT max(s.seq)
		   FROM run_steps s
		  WHERE s.run_id = r.run_id COLLATE "C"
		    AND s.month = synapsed_month(r.created_at)), 0),
       (extract(epoch FROM clock_timestamp()) * 1000)::int8
  FROM orchestration_runs r
 WHERE r.run_id = $1
