/* queue_lineage.h - open a queue for claims on the server that we see */
#ifndef QUEUE_QUEUE_LINEAGE_H
#define QUEUE_QUEUE_LINEAGE_H

#include "queue/queue.h"

/* lineage: "<n>:<run_id>", borrowed; changed: it was written now. */
typedef void (*queue_lineage_cb)(void *arg, int rc, struct queue_text lineage,
				 bool changed, const struct err *err);

/*
 * Write the lineage of the server that this link is logged in to, unless it is there
 * already: claims are answered from then on. For whoever knows that nothing is missing
 * (a fresh server, a benchmark).
 */
int queue_lineage_open(struct queue *q, queue_lineage_cb cb, void *arg, struct err *err);
/*
 * The same at the end of a recovery, with a number above `known`. lineage is "" when a
 * newer recovery has begun: this one opens nothing.
 */
int queue_lineage_reopen(struct queue *q, int64_t known, int64_t recovery,
			 queue_lineage_cb cb, void *arg, struct err *err);

#endif
