/* queue_beat.h - heartbeat keys of worker processes */
#ifndef QUEUE_QUEUE_BEAT_H
#define QUEUE_QUEUE_BEAT_H

#include "queue/queue.h"

/* now_ms: Redis' clock. */
typedef void (*queue_beat_cb)(void *arg, int rc, int64_t now_ms, const struct err *err);

/*
 * Refresh alive:<incarnation> of each (1..QUEUE_BATCH_MAX) for ttl_ms and see that it is
 * in `workers`. By the keeper for the workers of its host, by a worker for itself when it
 * is first up (queue_claim() does it from then on). An existing key keeps its value.
 */
int queue_beat(struct queue *q, const struct queue_text *incarnations, size_t n,
	       int64_t ttl_ms, queue_beat_cb cb, void *arg, struct err *err);

#endif
