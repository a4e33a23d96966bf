-- One dead letter, and what died.
-- $1 id, $2 the default tenant, whose those are that name none
SELECT l.id, l.run_id, l.orchestration_id, coalesce(l.job_payload->>'tenant_id', $2),
       l.job_function, l.error_message, coalesce(l.attempt_count, 0), l.first_failed_at,
       l.last_failed_at, coalesce(l.resolved, false), l.error_traceback,
       l.job_payload::text, r.cause, NULL
  FROM dead_letter_queue l
  LEFT JOIN orchestration_runs r ON r.run_id = l.run_id
 WHERE l.id = $1::uuid
