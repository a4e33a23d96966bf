-- Moments of a schedule are to be made up for; those that were dealt with stay as they are.
-- $1 id, $2 moments in seconds since 1970, $3 run ids
-- returns how many are new
WITH made AS (
	INSERT INTO schedule_fires (schedule_id, due_at, state, run_id)
	SELECT $1, timestamptz 'epoch' + i.due * interval '1 second', 'waiting', i.run_id
	  FROM unnest($2::int8[], $3::text[]) AS i (due, run_id)
	 WHERE EXISTS (SELECT FROM schedules s WHERE s.id = $1)
	    ON CONFLICT DO NOTHING
	RETURNING 1
)
SELECT count(*) FROM made
