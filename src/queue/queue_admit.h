/* queue_admit.h - may these runs come in? reserve their places, or say why not */
#ifndef QUEUE_QUEUE_ADMIT_H
#define QUEUE_QUEUE_ADMIT_H

#include "queue/queue.h"

#include <stddef.h>
#include <stdint.h>

#define QUEUE_ADMIT_MAX      256   /* runs per call */
#define QUEUE_RESERVATION_MS 30000 /* how long a reservation counts as queued */

struct queue_admit_entry {
	struct queue_text id;     /* job id, "<run>:<wake>" */
	struct queue_text tenant; /* key form */
	int64_t rate_per_min;     /* of this tenant, GCRA; 0: no limit */
	int64_t burst;      /* 1..: how many at once; 0: as rate_per_min, at least 1 */
	int64_t queued_max; /* waiting entries of this tenant; 0: no limit */
};

enum queue_admission {
	QUEUE_ADMITTED,
	QUEUE_OVER_RATE,   /* 429; retry_after_ms */
	QUEUE_OVER_QUEUED, /* 429: the tenant has queued_max waiting */
	QUEUE_OVER_DEPTH,  /* 503: the queue is full for everybody */
};

struct queue_admit_result {
	enum queue_admission admission;
	int64_t retry_after_ms; /* 0 when admitted; a guess unless OVER_RATE */
};

/* results[i] belongs to entries[i]; NULL when rc < 0 (then what was reserved runs out by
 * itself). now_ms is Redis' clock. */
typedef void (*queue_admit_cb)(void *arg, int rc,
			       const struct queue_admit_result *results, size_t n,
			       int64_t now_ms, const struct err *err);

/*
 * Decide 1..QUEUE_ADMIT_MAX runs, in order within each tenant: rate, then the tenant's
 * queued_max, then depth_max (waiting entries of the whole queue, 0: no limit). Admitted
 * ones are reserved for 30 s, in which queue_enqueue() must follow. Limits of a tenant
 * are those of its first entry. Check and reservation are one step in Redis: no number of
 * callers exceeds a limit. A repeated call reserves nothing twice but uses up rate again.
 */
int queue_admit(struct queue *q, const struct queue_admit_entry *entries, size_t n,
		int64_t depth_max, queue_admit_cb cb, void *arg, struct err *err);

#endif
