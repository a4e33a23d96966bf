/* queue_held.h - what an incarnation holds, as Redis sees it */
#ifndef QUEUE_QUEUE_HELD_H
#define QUEUE_QUEUE_HELD_H

#include "queue/queue.h"

/*
 * Some job ids, in no order; one may come twice. next: where to go on; 0: that was all.
 */
typedef void (*queue_held_cb)(void *arg, int rc, const struct queue_text *ids, size_t n,
			      uint64_t next, const struct err *err);

/*
 * Ids of what this incarnation holds, a page; at 0 it begins. What is held all the time
 * between the first page and the last is in one of them, whatever comes and goes
 * meanwhile. After a claim whose answer was lost: what is listed here and unknown to the
 * worker goes to queue_handback() with taken_over false. Needs an incarnation.
 */
int queue_held(struct queue *q, uint64_t at, queue_held_cb cb, void *arg,
	       struct err *err);

#endif
