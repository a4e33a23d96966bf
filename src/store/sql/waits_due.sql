-- Runs with a question whose deadline has passed, the longest ago first. $1 at most so many
SELECT DISTINCT d.run_id
  FROM (SELECT w.run_id
	  FROM run_waits w
	 WHERE w.state = 'open' AND w.deadline_at <= now()
	 ORDER BY w.deadline_at
	 LIMIT $1::int8) AS d
