/* queue_reads.h - all queues, as Postgres and Redis know them */
#ifndef API_QUEUE_READS_H
#define API_QUEUE_READS_H

#include "api/errors.h"
#include "queue/queue_stats.h"
#include "store/store_pauses.h"

#include <stdbool.h>
#include <stddef.h>

struct api_call;

struct queue_read {
	struct store_queue row;
	struct queue_stats stats;
	bool known; /* Redis has answered: else stats say nothing */
};

/* Borrowed for the call. */
typedef void (*queue_reads_cb)(void *arg, enum errors_code error,
			       const struct queue_read *queues, size_t count);

/* Of a call whose port has `manage`. cb comes once, later or at once. */
void queue_reads_all(struct api_call *call, queue_reads_cb cb, void *arg);

#endif
