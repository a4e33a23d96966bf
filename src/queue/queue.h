/* queue.h - one queue, as one process sees it over one link */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_link;
struct redis_scripts;
struct str;

/* Bytes that somebody else owns. */
struct queue_text {
	const char *data;
	size_t len;
};

#define QUEUE_BATCH_MAX    200          /* entries that one script call moves */
#define QUEUE_COHORT_MAX   64           /* bytes of a cohort's name */
#define QUEUE_PAYLOAD_MAX  (64u * 1024) /* bytes of a job's payload */
#define QUEUE_PRIORITY_MIN (-10)
#define QUEUE_PRIORITY_MAX 10
#define QUEUE_LANE_ANY     "-" /* what every worker can take */
/* For claims only: suspects, each taken by a worker that has nothing else. */
#define QUEUE_LANE_QUARANTINE "quarantine"

/*
 * How acts answer (queue_admit.h and its siblings): `int queue_<act>(q, ..., cb, arg,
 * err)` returns 0 and calls cb exactly once from the loop, never from inside, or returns
 * a negative code and never calls it:
 *   ERR_CONN  the link is down;  ERR_FULL  too many unanswered commands;
 *   ERR_INPUT an argument is out of bounds (says which).
 * In the callback `rc` is 0 or
 *   ERR_CONN, ERR_TIMEOUT, ERR_CLOSED  no answer: err says whether it may have been done;
 *             every act may be repeated as it is, unless its header says otherwise;
 *   ERR_REFUSED  Redis answered with an error (OOM, READONLY, MISCONF...): not done;
 *   ERR_PROTO    an answer that we do not understand: a bug.
 * Results and err are borrowed until the callback returns. Arguments are read before the
 * call returns: the caller may drop them at once. The callback may call acts; it may not
 * free the queue's link unless rc is 0.
 */

/* The scripts of all acts. One set per process is enough; the caller's. */
struct redis_scripts *queue_scripts_new(void);
void queue_scripts_free(struct redis_scripts *scripts);

/*
 * link and scripts are borrowed until queue_free(); the caller has also given the scripts
 * to redis_link_scripts(). incarnation is this worker process' own name, or NULL for a
 * process that neither claims nor holds. The caller's. ERR_INPUT for an illegal name.
 */
struct queue;
int queue_new(struct redis_link *link, const struct redis_scripts *scripts,
	      const char *name, const char *incarnation, struct queue **ret,
	      struct err *err);
/* Acts under way keep what they need: their callbacks still come. NULL is fine. */
void queue_free(struct queue *q);
const char *queue_name(const struct queue *q);

#endif
