-- After a commit that nobody answered: which of these journal rows are in, behind every
-- commit that is still under way for their runs (it waits for the row locks).
-- $1 run ids (in order), $2 seqs, $3 epochs; returns the run ids
WITH r AS (
	SELECT r.run_id::text AS run_id, synapsed_month(r.created_at) AS month, i.seq,
	       i.epoch
	  FROM unnest($1::text[], $2::int8[], $3::int8[]) AS i (run_id, seq, epoch)
	  JOIN orchestration_runs r ON r.run_id = i.run_id
	   FOR SHARE OF r
)
SELECT r.run_id
  FROM r
  JOIN run_steps s ON s.run_id = r.run_id COLLATE "C" AND s.seq = r.seq
	AND s.month = r.month AND s.epoch = r.epoch
