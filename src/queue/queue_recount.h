/* queue_recount.h - counters of a queue, compared with what they count and mended */
#ifndef QUEUE_QUEUE_RECOUNT_H
#define QUEUE_QUEUE_RECOUNT_H

#include "queue/queue.h"

struct queue_recounted {
	int64_t drift; /* numbers and places of tenants that were wrong */
	int64_t read;  /* entries read */
	bool whole;    /* all that has to be read was: what was wrong is right now */
};

/* found is NULL when rc < 0. */
typedef void (*queue_recount_cb)(void *arg, int rc, const struct queue_recounted *found,
				 const struct err *err);

/*
 * Compare running, queued, capped and tenants:<lane> with the entries, and make them
 * follow. What is held, delayed, suspected or reserved is read one by one: when that is
 * more than most_read entries (0: no bound) only the sums are compared and nothing is
 * changed. Without the bound it is for moments in which nothing is claimed, and for sums
 * that were found wrong: Redis does nothing else meanwhile (1 ms per 1000 entries).
 */
int queue_recount(struct queue *q, int64_t most_read, queue_recount_cb cb, void *arg,
		  struct err *err);

#endif
