/* queue_leave.h - an incarnation that will not come back leaves the queue */
#ifndef QUEUE_QUEUE_LEAVE_H
#define QUEUE_QUEUE_LEAVE_H

#include "queue/queue.h"

/* held: entries that it still holds. Above 0 nothing was changed: they have to be handed
 * back or requeued first. */
typedef void (*queue_leave_cb)(void *arg, int rc, int64_t held, const struct err *err);

/* Removes its heartbeat key, its mail and its name in `workers`, if it holds nothing. By
 * the worker at the end of its drain, or by the keeper for one that was reaped. */
int queue_leave(struct queue *q, const char *incarnation, queue_leave_cb cb, void *arg,
		struct err *err);

#endif
