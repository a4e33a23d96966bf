-- Live runs by status, and unresolved dead letters.
SELECT count(*) FILTER (WHERE status = 'queued'),
       count(*) FILTER (WHERE status = 'running'),
       count(*) FILTER (WHERE status = 'paused'),
       (SELECT count(*) FROM dead_letter_queue WHERE resolved IS NOT TRUE)
  FROM orchestration_runs
 WHERE ended_at IS NULL
