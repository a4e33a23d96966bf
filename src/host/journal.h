/* journal.h - what runs of this worker write to Postgres, in grouped commits */
#ifndef HOST_JOURNAL_H
#define HOST_JOURNAL_H

#include "pg/pg_group.h"

#include <stdbool.h>
#include <stddef.h>

struct held;
struct journal;

/* What became of a run's commit. Called from the loop, never inside journal_want(). */
struct journal_ops {
	/* held->flying is durable; for HELD_ACT_LAZY_END and HELD_ACT_END the end is,
	 * too. */
	void (*stored)(void *ctx, struct held *held, bool cancel_asked);
	/* The guard found no row: somebody else has the run, or it ended. */
	void (*stale)(void *ctx, struct held *held);
	/* Postgres refused the values for good; held->flying is not stored. */
	void (*refused)(void *ctx, struct held *held, const struct pg_outcome *outcome);
};

struct journal *journal_new(struct ev_loop *loop, struct pg_pool *pool,
			    size_t commit_rows, const char *owner, const char *worker_id,
			    const struct journal_ops *ops, void *ctx);
/* Free the held runs' units first by freeing the journal: none is called back. */
void journal_free(struct journal *journal);

/* The run has something to write (rows, an end, a takeover). Harmless when a commit of it
 * is under way: what came meanwhile goes with the next. */
void journal_want(struct journal *journal, struct held *held);

/* For readers. */
const struct pg_group_counters *journal_counters(const struct journal *journal);

#endif
