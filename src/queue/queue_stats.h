/* queue_stats.h - how full a queue is */
#ifndef QUEUE_QUEUE_STATS_H
#define QUEUE_QUEUE_STATS_H

#include "queue/queue.h"

#include <stdbool.h>

struct queue_stats {
	int64_t queued; /* admitted + ready + delayed + quarantine */
	int64_t active; /* held by workers */
	int64_t admitted;
	int64_t delayed;
	int64_t quarantine;
	int64_t workers; /* incarnations that may hold something */
	int64_t tenants; /* with waiting jobs, below their limit */
	int64_t capped;  /* tenants at their limit */
	/* Age of the oldest ready entry among the first 100 tenants of each lane; 0:
	 * none. */
	int64_t oldest_ms;
	int64_t now_ms; /* Redis' clock */
	bool paused;
	bool open; /* lineage is this server's: claims are answered */
};

/* stats is NULL when rc < 0. What is dead stands in Postgres, not here. */
typedef void (*queue_stats_cb)(void *arg, int rc, const struct queue_stats *stats,
			       const struct err *err);

int queue_stats(struct queue *q, queue_stats_cb cb, void *arg, struct err *err);

#endif
