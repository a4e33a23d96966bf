-- What the journal has of the runs of one orchestration.
-- $1 its id
-- returns: runs that have rows, rows, events in them
SELECT count(DISTINCT s.run_id), count(*),
       coalesce(sum(json_array_length(s.events::json)), 0)::int8
  FROM run_steps s
 WHERE s.run_id IN (SELECT r.run_id COLLATE "C"
		      FROM orchestration_runs r
		     WHERE r.orchestration_id = $1::text)
