-- As runs_look, behind every commit that is still under way for these runs: it waits for
-- their row locks. $1 run ids, in order
SELECT r.run_id, r.status, r.owner, r.wake, r.epoch, r.event_seq,
       r.cancel_requested_at IS NOT NULL, r.ended_at IS NOT NULL, r.tenant_id
  FROM unnest($1::text[]) AS i (run_id)
  JOIN orchestration_runs r ON r.run_id = i.run_id
   FOR SHARE OF r
