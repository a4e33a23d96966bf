/* woken.h - a run that somebody outside woke gets its entry in the queue */
#ifndef HOST_WOKEN_H
#define HOST_WOKEN_H

#include "queue/queue_enqueue.h"

struct store_woken;

/*
 * For processes that wake a run: an answer, a deadline, a new attempt, the end of the
 * turn before. The queue is the one that row->queue names. Returns 0 and calls cb once,
 * later; or an error, and no call.
 */
int woken_enqueue(struct queue *queue, const char *run_id, const struct store_woken *row,
		  queue_enqueue_cb cb, void *arg, struct err *err);

#endif
