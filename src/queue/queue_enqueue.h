/* queue_enqueue.h - turn committed runs into entries that a worker can claim */
#ifndef QUEUE_QUEUE_ENQUEUE_H
#define QUEUE_QUEUE_ENQUEUE_H

#include "queue/queue.h"
#include "queue/queue_job.h"

#define QUEUE_ENQUEUE_MAX 256 /* jobs per call */

struct queue_enqueue_entry {
	struct queue_job job; /* enqueue_at_ms 0: now, by Redis' clock */
	int64_t running_max;  /* of its tenant: runs in flight at once; 0: no limit */
	int64_t weight;       /* of its tenant, 1..1000: share against others; 0: 1 */
};

/*
 * enqueue_at_ms: Redis' clock of the first batch, what fresh entries have as their
 * enqueue moment. added: entries that were not there before (the others are left as they
 * are, wherever they stand).
 */
typedef void (*queue_enqueue_cb)(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
				 const struct err *err);

/*
 * 1..QUEUE_ENQUEUE_MAX jobs, with or without a reservation (it is used up, expired or
 * not). Idempotent by job id: after a failure call again with the same jobs. Rings the
 * bell. Limits and weight of a tenant are those of its last entry, and stay until the
 * next enqueue of that tenant.
 */
int queue_enqueue(struct queue *q, const struct queue_enqueue_entry *entries, size_t n,
		  queue_enqueue_cb cb, void *arg, struct err *err);

#endif
