-- Some runs of one orchestration, anywhere among them, to compare their streams with.
-- $1 its id, $2 how many
-- returns: run id, durable events
SELECT r.run_id, r.event_seq
  FROM orchestration_runs r
 WHERE r.orchestration_id = $1::text
 ORDER BY md5(r.run_id)
 LIMIT $2::int4
