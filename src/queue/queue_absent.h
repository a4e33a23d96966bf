/* queue_absent.h - incarnations that may hold something and have no heartbeat key */
#ifndef QUEUE_QUEUE_ABSENT_H
#define QUEUE_QUEUE_ABSENT_H

#include "queue/queue.h"

/* names: at most QUEUE_BATCH_MAX; when there are more, those come once these are dealt
 * with. NULL when rc < 0. suspects: entries in the quarantine lane. */
typedef void (*queue_absent_cb)(void *arg, int rc, const struct queue_text *names,
				size_t n, int64_t suspects, const struct err *err);

/* Changes nothing. A missing key alone is no death: keeper/sweep.c. */
int queue_absent(struct queue *q, queue_absent_cb cb, void *arg, struct err *err);

#endif
