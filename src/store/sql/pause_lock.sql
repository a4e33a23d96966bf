-- Runs that are ours and are to be parked, locked: what runs_pause.sql behind it sees is
-- younger, so that it misses no answer. $1 our incarnation, $2 run ids (in order), $3 their
-- epochs
-- returns those that are ours: run id, cancel asked for
SELECT r.run_id, r.cancel_requested_at IS NOT NULL
  FROM unnest($2::text[], $3::int8[]) AS i (run_id, epoch)
  JOIN orchestration_runs r
    ON r.run_id = i.run_id AND r.epoch = i.epoch AND r.owner = $1 AND r.status = 'running'
   FOR UPDATE OF r
