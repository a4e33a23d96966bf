-- A schedule is made, or another one of that tenant takes its place.
-- $1 id, $2 tenant, $3 orchestration, $4 cron, $5 zone, $6 body, $7 missed, $8 missed_max,
-- $9 overlap, $10 paused, $11 its next moment in seconds since 1970, or NULL
-- $12 only make one
-- returns its version; no row: the id is taken
INSERT INTO schedules AS s (id, tenant_id, orchestration_id, cron, zone, body, missed, missed_max,
			    overlap, paused, next_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::int4, $9, $10::bool,
	timestamptz 'epoch' + $11::int8 * interval '1 second')
    ON CONFLICT (id) DO UPDATE
   SET orchestration_id = excluded.orchestration_id, cron = excluded.cron,
       zone = excluded.zone, body = excluded.body, missed = excluded.missed,
       missed_max = excluded.missed_max, overlap = excluded.overlap,
       paused = excluded.paused, next_at = excluded.next_at, version = s.version + 1,
       updated_at = now()
 WHERE NOT $12::bool AND s.tenant_id = excluded.tenant_id
RETURNING s.version
