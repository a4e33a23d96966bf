/* pg_link.h - inside pg/: one connection on the loop, one batch at a time */
#ifndef PG_PG_LINK_H
#define PG_PG_LINK_H

#include "base/err.h"
#include "pg/pg_reply.h"

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct pg_batch;
struct pg_conninfo;
struct pg_link;

/* All are called from the loop; none may free the link. */
struct pg_link_ops {
	/* Connected: a batch may be sent. */
	void (*up)(void *arg, struct pg_link *link);
	/* A try to connect failed (was_up false) or the connection was lost; the next try
	 * is armed. A batch that was in flight has had its done. */
	void (*down)(void *arg, struct pg_link *link, bool was_up, const struct err *why);
	/*
	 * The batch's outcome. The link is idle, or down by now: ask. It may send again.
	 */
	void (*done)(void *arg, struct pg_link *link, const struct pg_outcome *outcome,
		     const struct pg_reply *reply);
};

struct pg_link_options {
	const struct pg_conninfo *conninfo; /* borrowed for the link's life */
	bool pgbouncer;
	int64_t connect_timeout_ms;
	int64_t statement_timeout_ms; /* with pgbouncer: sent along with each batch */
	int64_t lock_timeout_ms;
	int64_t backoff_min_ms;
	int64_t backoff_max_ms;
};

/* Starts to connect from the loop's next turn on. */
struct pg_link *pg_link_new(struct ev_loop *loop, const struct pg_link_options *options,
			    const struct pg_link_ops *ops, void *arg);
/* No callback comes any more. Whether the batch in flight reached the server: *sent. */
void pg_link_free(struct pg_link *link, bool *sent);

bool pg_link_idle(const struct pg_link *link);
/*
 * Send a batch over an idle link. It is borrowed until done; done never runs inside. due
 * is on the monotonic clock: when it passes, the connection is dropped.
 */
void pg_link_send(struct pg_link *link, struct pg_batch *batch, int64_t due_mono_ms);

#endif
