/* queue_drop.h - an entry that waits leaves the queue: its run is over */
#ifndef QUEUE_QUEUE_DROP_H
#define QUEUE_QUEUE_DROP_H

#include "queue/queue.h"

/* place: "admitted", "ready", "delayed", "quarantine": it is gone; "held": a worker has
 * it and settles it; "": unknown. Borrowed. */
typedef void (*queue_drop_cb)(void *arg, int rc, const char *place,
			      const struct err *err);

/* After the commit that ended the run, and after its last events. tenant: key form. */
int queue_drop(struct queue *q, struct queue_text id, struct queue_text tenant,
	       queue_drop_cb cb, void *arg, struct err *err);

#endif
