-- A page of runs that have not ended, newest first.
-- $1 tenant, $2 status, $3 orchestration, $4 session: or NULL
-- $5 created at or after this moment, $6 before that one, in ms since 1970: or NULL
-- $7 pattern of LIKE in message, answer or error, or NULL
-- $8, $9 key and value of a tag, or NULL
-- $10 at most so many
-- $11, $12 behind this row: its created_at in microseconds, its run id; NULL: from the newest
SELECT r.run_id, r.orchestration_id, r.tenant_id, r.session_id, r.status,
       r.current_step_id, coalesce(r.waiting_for_human, false), NULL, NULL, r.worker_id,
       coalesce(r.total_cost_usd, 0), coalesce(r.total_tokens_used, 0), r.started_at,
       r.ended_at, r.created_at, r.picked_up_at, NULL, NULL,
       coalesce(r.definition_version, 0), r.wake, r.epoch, r.attempt, r.event_seq, r.queue,
       (extract(epoch FROM r.created_at) * 1000000)::int8 || '.' || r.run_id,
       r.cancel_requested_at, r.priority, r.metadata, r.run_at, r.schedule_id,
       coalesce(r.cache_read_tokens, 0)
  FROM orchestration_runs r
 WHERE r.ended_at IS NULL
   AND ($1::text IS NULL OR r.tenant_id = $1)
   AND ($2::text IS NULL OR r.status = $2)
   AND ($3::text IS NULL OR r.orchestration_id = $3)
   AND ($4::text IS NULL OR r.session_id = $4)
   AND r.created_at >= coalesce(timestamptz 'epoch' + $5::int8 * interval '1 millisecond',
   			       '-infinity')
   AND r.created_at < coalesce(timestamptz 'epoch' + $6::int8 * interval '1 millisecond',
   			      'infinity')
   AND ($7::text IS NULL OR r.input ILIKE $7 OR r.final_response ILIKE $7
        OR r.error ILIKE $7)
   AND ($8::text IS NULL OR EXISTS (
   	SELECT FROM run_tags g
   	 WHERE g.run_id = r.run_id AND g.key = $8 AND g.value = $9))
   AND (r.created_at, r.run_id) < (
   	coalesce(timestamptz 'epoch' + $11::int8 * interval '1 microsecond', 'infinity'),
   	coalesce($12, ''))
 ORDER BY r.created_at DESC, r.run_id DESC
 LIMIT $10::int8
