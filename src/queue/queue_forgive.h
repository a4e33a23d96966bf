/* queue_forgive.h - the requeues of entries whose runs have got on count no more */
#ifndef QUEUE_QUEUE_FORGIVE_H
#define QUEUE_QUEUE_FORGIVE_H

#include "queue/queue.h"

/* forgiven: how many had requeues. */
typedef void (*queue_forgive_cb)(void *arg, int rc, int64_t forgiven,
				 const struct err *err);

/* 1..QUEUE_BATCH_MAX job ids; those that are not held here are left alone. Needs an
 * incarnation. After the commit that brought the run on. */
int queue_forgive(struct queue *q, const struct queue_text *ids, size_t n,
		  queue_forgive_cb cb, void *arg, struct err *err);

#endif
