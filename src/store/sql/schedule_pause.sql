-- A schedule is paused, or goes on. $1 id, $2 its version, $3 paused, $4 its next moment in
-- seconds since 1970, or NULL
-- returns its new version; no row: it was changed meanwhile, or is no more
UPDATE schedules s
   SET paused = $3::bool, next_at = timestamptz 'epoch' + $4::int8 * interval '1 second',
       version = s.version + 1, updated_at = now()
 WHERE s.id = $1 AND s.version = $2::int8
RETURNING s.version
