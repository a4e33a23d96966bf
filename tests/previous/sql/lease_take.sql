-- Take a lease, or keep it. $1 name, $2 who asks, $3 milliseconds that it lasts
-- returns its term if it is theirs; no row: another holds it
INSERT INTO leases AS l (name, holder, until, term)
VALUES ($1, $2, clock_timestamp() + $3::int8 * interval '1 millisecond', 1)
    ON CONFLICT (name) DO UPDATE
   SET holder = excluded.holder, until = excluded.until,
       term = CASE WHEN l.holder = excluded.holder THEN l.term ELSE l.term + 1 END
 WHERE l.holder = excluded.holder OR l.until < clock_timestamp()
RETURNING l.term
