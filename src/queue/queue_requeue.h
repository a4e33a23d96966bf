/* queue_requeue.h - what a dead incarnation holds goes back */
#ifndef QUEUE_QUEUE_REQUEUE_H
#define QUEUE_QUEUE_REQUEUE_H

#include "queue/queue.h"

/* An entry with this many requeues goes to the quarantine lane, with 0 again. */
#define QUEUE_REQUEUES_MAX 20

enum queue_verdict {
	QUEUE_VERDICT_QUARANTINE, /* a suspect: runs next alone */
	QUEUE_VERDICT_COHORT,     /* one of several: they run next together */
	QUEUE_VERDICT_KEEP,       /* not decided yet: stays held */
	QUEUE_VERDICT_DROP,       /* its run is over: the entry goes */
};

/* An entry that does not go where the others go. */
struct queue_suspect {
	struct queue_text id; /* job id */
	enum queue_verdict verdict;
	struct queue_text cohort; /* COHORT: its name, 1..QUEUE_COHORT_MAX bytes */
	int64_t score;            /* COHORT: the place in the lane, one for all of it */
};

/* What one call has done. */
struct queue_requeued {
	int64_t ready;       /* held -> ready */
	int64_t quarantined; /* held -> quarantine */
	int64_t dropped;     /* by verdict */
	int64_t unreadable;  /* dropped: their rows in Postgres bring them back */
	int64_t kept;        /* still held, by verdict */
	int64_t left;        /* still held, for the next call */
};

/* ret is NULL when rc < 0. */
typedef void (*queue_requeue_cb)(void *arg, int rc, const struct queue_requeued *ret,
				 const struct err *err);

/*
 * Move at most `most` (1..QUEUE_BATCH_MAX) entries that `dead` holds to where they came
 * from, with their old score, `from` = dead and one more requeue, and ring the bell.
 * Suspects (0..QUEUE_BATCH_MAX) go as their verdicts say; one that dead does not hold
 * changes nothing. Call again while `left` is above 0. When nothing is held any more dead
 * has left the queue: `workers`, its heartbeat key, its mail.
 *
 * By a keeper that knows that dead is dead. Any keeper may go on where another ended.
 */
int queue_requeue(struct queue *q, const char *dead, size_t most,
		  const struct queue_suspect *suspects, size_t n, queue_requeue_cb cb,
		  void *arg, struct err *err);

#endif
