-- Who has these runs. $1 run ids
SELECT r.run_id, r.status, r.owner, r.wake, r.epoch, r.event_seq,
       r.cancel_requested_at IS NOT NULL, r.ended_at IS NOT NULL, r.tenant_id
  FROM unnest($1::text[]) AS i (run_id)
  JOIN orchestration_runs r ON r.run_id = i.run_id
