-- Every queue that a lead has seen, in order of name
SELECT q.queue, q.n, q.recovering, q.rebuilds_asked, q.rebuilds_done, q.state, q.pushed
  FROM queue_lineages q
 ORDER BY q.queue
