/* queue_recovery.h - has Redis lost writes, and who has told what it works on since? */
#ifndef QUEUE_QUEUE_RECOVERY_H
#define QUEUE_QUEUE_RECOVERY_H

#include "queue/queue.h"

enum queue_lost {
	QUEUE_LOST_NOTHING = 0,
	QUEUE_LOST_LINEAGE = 1, /* there is none: flushed, emptied, or new */
	QUEUE_LOST_TAIL =
		2, /* it fell back: a restart or a replica lacks the last ones */
	QUEUE_LOST_SERVER = 3, /* it names another server */
};

/*
 * n: the lineage's number, one more than before (QUEUE_LOST_NOTHING), or what was found.
 */
typedef void (*queue_raise_cb)(void *arg, int rc, int64_t n, enum queue_lost lost,
			       const struct err *err);
typedef void (*queue_number_cb)(void *arg, int rc, int64_t number, const struct err *err);

/*
 * The lead, each second: raise the lineage by one. known is the highest number that it is
 * known to have had. When writes are lost there is no lineage afterwards, so nothing is
 * claimed.
 */
int queue_raise(struct queue *q, int64_t known, queue_raise_cb cb, void *arg,
		struct err *err);
/*
 * A recovery begins: claims are closed, and workers read its number and attach what they
 * hold (queue_attach.h). The number that comes back is higher than ours when somebody
 * else's is.
 */
int queue_recover(struct queue *q, int64_t number, queue_number_cb cb, void *arg,
		  struct err *err);
/* How many of these incarnations (0..QUEUE_BATCH_MAX), and of those that beat, have not
 * attached in this recovery. */
int queue_attached(struct queue *q, int64_t number, const struct queue_text *names,
		   size_t n, queue_number_cb cb, void *arg, struct err *err);
/* Workers: the number of the newest recovery; 0: there was none. */
int queue_recovering(struct queue *q, queue_number_cb cb, void *arg, struct err *err);

#endif
