-- What became of the runs of one orchestration.
-- $1 its id
-- returns: runs, completed, live, durable events, first pick-up and last end (epoch ms;
-- 0: none)
SELECT count(*), count(*) FILTER (WHERE r.status = 'completed'),
       count(*) FILTER (WHERE r.ended_at IS NULL),
       coalesce(sum(r.event_seq), 0)::int8,
       coalesce(extract(epoch FROM min(r.picked_up_at)) * 1000, 0)::float8,
       coalesce(extract(epoch FROM max(r.ended_at)) * 1000, 0)::float8
  FROM orchestration_runs r
 WHERE r.orchestration_id = $1::text
