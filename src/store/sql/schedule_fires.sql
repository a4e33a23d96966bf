-- What a schedule has fired, the newest first. $1 id, $2 at most so many
SELECT f.due_at, f.state, f.run_id, f.detail, f.fired_at
  FROM schedule_fires f
 WHERE f.schedule_id = $1
 ORDER BY f.due_at DESC
 LIMIT $2::int8
