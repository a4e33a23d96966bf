-- A dead letter that nobody wants to see again. Those that are are so already.
-- $1 id, $2 tenant or NULL, $3 the default tenant, whose those are that name none
UPDATE dead_letter_queue
   SET resolved = true
 WHERE id = $1::uuid
   AND ($2::text IS NULL OR coalesce(job_payload->>'tenant_id', $3) = $2)
RETURNING id
