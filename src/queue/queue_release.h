/* queue_release.h - give reservations back that will not be used */
#ifndef QUEUE_QUEUE_RELEASE_H
#define QUEUE_QUEUE_RELEASE_H

#include "queue/queue.h"

/* released: how many were still there. */
typedef void (*queue_release_cb)(void *arg, int rc, int64_t released,
				 const struct err *err);

struct queue_release_entry {
	struct queue_text id;
	struct queue_text tenant; /* key form */
};

/* 1..QUEUE_BATCH_MAX reservations of queue_admit(); rate that they used is not given
 * back. cb may be NULL: a reservation that stays runs out by itself. */
int queue_release(struct queue *q, const struct queue_release_entry *entries, size_t n,
		  queue_release_cb cb, void *arg, struct err *err);

#endif
