/* queue_held.h - what an incarnation holds, as Redis sees it */
#ifndef QUEUE_QUEUE_HELD_H
#define QUEUE_QUEUE_HELD_H

#include "queue/queue.h"

/* A page of job ids in order of their claim; shorter than QUEUE_BATCH_MAX: the last. */
typedef void (*queue_held_cb)(void *arg, int rc, const struct queue_text *ids, size_t n,
			      const struct err *err);

/* Ids offset..offset+199 of what this incarnation holds. After a claim whose answer was
 * lost: what is listed here and unknown to the worker goes to queue_handback() with
 * taken_over false. Needs an incarnation. */
int queue_held(struct queue *q, size_t offset, queue_held_cb cb, void *arg,
	       struct err *err);

#endif
