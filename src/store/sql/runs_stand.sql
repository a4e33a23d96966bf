-- What whoever wants to follow these runs must know of them. $1 run ids
SELECT r.run_id, r.tenant_id, r.orchestration_id, r.kind = 'chat', r.ended_at IS NOT NULL,
       r.status = 'queued' AND r.wake = 1 AND r.epoch = 0
  FROM unnest($1::text[]) AS i (run_id)
  JOIN orchestration_runs r ON r.run_id = i.run_id
