/* queue_missing.h - jobs that ought to be in the queue and are not */
#ifndef QUEUE_QUEUE_MISSING_H
#define QUEUE_QUEUE_MISSING_H

#include "queue/queue.h"

enum queue_missing {
	QUEUE_HERE = 0,
	QUEUE_MISSING = 1,       /* and nobody who has a heartbeat key owns its run */
	QUEUE_MISSING_OWNED = 2, /* its owner has one */
};

struct queue_missing_ask {
	struct queue_text id;    /* job id */
	struct queue_text owner; /* incarnation; len 0: nobody */
};

/* found[i] is for ask i; NULL when rc < 0. */
typedef void (*queue_missing_cb)(void *arg, int rc, const enum queue_missing *found,
				 size_t n, const struct err *err);

/* 1..QUEUE_BATCH_MAX jobs. One that is known and in no place is missing, and is
 * forgotten. */
int queue_missing(struct queue *q, const struct queue_missing_ask *asks, size_t n,
		  queue_missing_cb cb, void *arg, struct err *err);

#endif
