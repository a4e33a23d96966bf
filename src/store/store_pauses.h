/* store_pauses.h - table queue_lineages: which queues there are, and which are paused */
#ifndef STORE_STORE_PAUSES_H
#define STORE_STORE_PAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

/* configured: a queue that nobody has seen yet exists as well. reason NULL: it goes on;
 * "" is a reason. The index of the result that is read. */
int store_pauses_set(struct pg_batch *batch, const char *queue, bool configured,
		     const char *reason);
/* The number of the change; 0: there is no such queue. */
int64_t store_pauses_set_read(const struct pg_reply *reply, int statement);

struct store_queue {
	const char *name;
	const char *state; /* new, attaching, pushing, open */
	int64_t pause_n;
	const char *paused_at;     /* NULL: it is not */
	const char *paused_reason; /* NULL: it is not */
	int64_t dead;              /* open dead letters of its runs */
	int64_t later;             /* accepted runs whose moment is still to come */
	int64_t again;             /* live ones after a failure or a worker's death */
};

/* count_max: runs that are looked at for `later`, and for `again`, of all queues. */
int store_pauses_queues(struct pg_batch *batch, const char *const *configured, size_t n,
			int limit, int count_max);
int store_pauses_queues_count(const struct pg_reply *reply, int statement);
void store_pauses_queues_read(const struct pg_reply *reply, int statement, int row,
			      struct store_queue *ret);
/* Names alone, the configured ones first; counted with store_pauses_queues_count. */
int store_pauses_names(struct pg_batch *batch, const char *const *configured, size_t n,
		       int limit);
const char *store_pauses_names_read(const struct pg_reply *reply, int statement, int row);

#endif
