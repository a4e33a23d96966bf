-- How a run stands that is to be cancelled. $1 run id, $2 its tenant (NULL: any)
SELECT r.status, r.owner, r.wake, r.epoch, r.queue, r.tenant_id,
       coalesce((SELECT max(s.seq)
		   FROM run_steps s
		  WHERE s.run_id = r.run_id COLLATE "C"
		    AND s.month = synapsed_month(r.created_at)), 0),
       (SELECT s.events
	  FROM run_steps s
	 WHERE s.run_id = r.run_id COLLATE "C" AND s.month = synapsed_month(r.created_at)
	   AND s.events IS NOT NULL
	 ORDER BY s.seq DESC
	 LIMIT 1),
       (extract(epoch FROM clock_timestamp()) * 1000)::int8
  FROM orchestration_runs r
 WHERE r.run_id = $1 AND ($2::text IS NULL OR r.tenant_id = $2)
