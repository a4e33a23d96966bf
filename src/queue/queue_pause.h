/* queue_pause.h - tell Redis whether a queue is paused */
#ifndef QUEUE_QUEUE_PAUSE_H
#define QUEUE_QUEUE_PAUSE_H

#include "queue/queue.h"

#include <stdbool.h>

#define QUEUE_REASON_MAX 500 /* bytes */

/* newest: Redis is as this change says; false: it had heard of a newer one. */
typedef void (*queue_pause_cb)(void *arg, int rc, bool newest, const struct err *err);

/* n: number of the change, which Postgres gave, >= 1. reason NULL: it is not paused. */
int queue_pause(struct queue *q, int64_t n, const char *reason, queue_pause_cb cb,
		void *arg, struct err *err);

#endif
