-- Who holds a lease, and for how long yet (ms; less than 0: nobody). $1 name
SELECT l.holder, l.term,
       CASE WHEN l.until = '-infinity' THEN -1
	    ELSE (extract(epoch FROM l.until - now()) * 1000)::int8 END
  FROM leases l
 WHERE l.name = $1
