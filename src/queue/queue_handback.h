/* queue_handback.h - held jobs go back to where they were */
#ifndef QUEUE_QUEUE_HANDBACK_H
#define QUEUE_QUEUE_HANDBACK_H

#include "queue/queue.h"

#include <stdbool.h>

struct queue_handback_entry {
	struct queue_text id; /* job id, held by this incarnation */
	/* false: the run was never taken over, so the entry stays as lazy as it was;
	 * true: `from` names us now, so that the next takeover knows whom it follows. */
	bool taken_over;
	struct queue_text lane; /* the lane to go to; absent: the one it came from */
};

/* returned: how many were held here and are ready again. */
typedef void (*queue_handback_cb)(void *arg, int rc, int64_t returned,
				  const struct err *err);

/* 1..QUEUE_BATCH_MAX entries: held -> ready with the old score, nothing charged. Ids that
 * are not held here are left alone. Rings the bell. Needs an incarnation. */
int queue_handback(struct queue *q, const struct queue_handback_entry *entries, size_t n,
		   queue_handback_cb cb, void *arg, struct err *err);

#endif
