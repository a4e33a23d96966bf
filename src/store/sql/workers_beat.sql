-- Register or refresh workers; a row belongs to the incarnation that beat last. What they
-- ended since their last beat is added to this minute of their host; what one ended behind
-- its last beat is not in there.
-- $1 worker ids (in order), $2 incarnations, $3 hostnames, $4 addresses, $5 active jobs,
-- $6 max jobs, $7 mcp_disabled (JSON text), $8 states, $9 versions, $10 generations,
-- $11 bytes of memory, $12 runs ended, $13 of them failed, $14 their cost in millionths of a
-- dollar: since the incarnation began
WITH i AS (
	SELECT *
	  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::int4[],
		      $7::text[], $8::text[], $9::text[], $10::int4[], $11::int8[], $12::int8[],
		      $13::int8[], $14::int8[])
	       AS i (worker_id, incarnation, hostname, address, active_jobs, max_jobs,
		     mcp_disabled, state, version, generation, memory_bytes, runs_ended,
		     runs_failed, cost_micros)
), grown AS (
	SELECT i.hostname, sum(i.runs_ended - coalesce(w.runs_ended, 0)) AS ended,
	       sum(i.runs_failed - coalesce(w.runs_failed, 0)) AS failed,
	       sum(i.cost_micros - coalesce(w.cost_micros, 0)) AS cost_micros
	  FROM i
	  LEFT JOIN workers w ON w.worker_id = i.worker_id AND w.incarnation = i.incarnation
	 GROUP BY i.hostname
), old AS (
	DELETE FROM fleet_minutes
	 WHERE ctid = ANY (ARRAY(SELECT m.ctid FROM fleet_minutes m
				  WHERE m.minute < now() - interval '2 days'
				    FOR UPDATE SKIP LOCKED))
), minutes AS (
	INSERT INTO fleet_minutes AS m (minute, hostname, ended, failed, cost_micros)
	SELECT date_trunc('minute', now()), g.hostname, g.ended, g.failed, g.cost_micros
	  FROM grown g
	 WHERE g.ended > 0 OR g.failed > 0 OR g.cost_micros > 0
	    ON CONFLICT (minute, hostname) DO UPDATE
	   SET ended = m.ended + excluded.ended, failed = m.failed + excluded.failed,
	       cost_micros = m.cost_micros + excluded.cost_micros
)
INSERT INTO workers AS w (worker_id, incarnation, hostname, address, status, capabilities,
			  active_jobs, max_jobs, last_heartbeat, registered_at,
			  mcp_disabled, state, version, generation, memory_bytes,
			  runs_ended, runs_failed, cost_micros)
SELECT i.worker_id, i.incarnation, i.hostname, i.address, 'online', '{}', i.active_jobs,
       i.max_jobs, now(), now(), coalesce(i.mcp_disabled, '[]')::jsonb, i.state, i.version,
       i.generation, i.memory_bytes, i.runs_ended, i.runs_failed, i.cost_micros
  FROM i
    ON CONFLICT (worker_id) DO UPDATE
   SET incarnation = excluded.incarnation, hostname = excluded.hostname,
       address = excluded.address, status = 'online', active_jobs = excluded.active_jobs,
       max_jobs = excluded.max_jobs, last_heartbeat = now(),
       mcp_disabled = excluded.mcp_disabled, state = excluded.state,
       version = excluded.version, generation = excluded.generation,
       memory_bytes = excluded.memory_bytes, runs_ended = excluded.runs_ended,
       runs_failed = excluded.runs_failed, cost_micros = excluded.cost_micros,
       registered_at = CASE WHEN w.incarnation IS DISTINCT FROM excluded.incarnation
			    THEN now() ELSE w.registered_at END
