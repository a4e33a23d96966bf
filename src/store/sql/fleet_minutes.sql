-- What the fleet's workers ended: minute by minute for $1 minutes, and since midnight UTC.
SELECT (SELECT coalesce(json_agg(json_build_object(
			'minute', to_char(m.minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
			'ended', m.ended, 'failed', m.failed,
			'cost_usd', round(m.cost / 1e6, 6)) ORDER BY m.minute), '[]')::text
	  FROM (SELECT minute, sum(ended) AS ended, sum(failed) AS failed,
		       sum(cost_micros) AS cost
		  FROM fleet_minutes
		 WHERE minute > date_trunc('minute', now()) - $1::int8 * interval '1 minute'
		 GROUP BY minute) m),
       (SELECT json_build_object('ended', coalesce(sum(ended), 0),
				 'failed', coalesce(sum(failed), 0),
				 'cost_usd', round(coalesce(sum(cost_micros), 0) / 1e6, 6))::text
	  FROM fleet_minutes
	 WHERE minute >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'),
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
