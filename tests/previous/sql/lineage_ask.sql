-- Ask for a rebuild of every queue. returns queue, the number of the wish
UPDATE queue_lineages q
   SET rebuilds_asked = q.rebuilds_asked + 1
RETURNING q.queue, q.rebuilds_asked
