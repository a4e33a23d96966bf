/* pg_pool.h - a child's connections to Postgres: batches in, outcomes out */
#ifndef PG_PG_POOL_H
#define PG_PG_POOL_H

#include "base/err.h"
#include "base/list.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;

/*
 * How to reach the server. Zeroes mean the default in brackets. Texts are borrowed during
 * pg_pool_new() only.
 */
struct pg_options {
	const char *url;              /* postgresql://..., postgres://..., also with a
					 +driver in the scheme, or libpq's key=value */
	const char *application_name; /* shown by pg_stat_activity ["synapsed"] */
	bool pgbouncer;               /* transaction pooling: no prepared statements */
	int connections;              /* links [2] */
	size_t queue_max;             /* batches that wait for a link [1024] */
	int64_t connect_timeout_ms;   /* of one try [5000] */
	int64_t deadline_ms;     /* of a batch, from submit, when it names none [10000] */
	int64_t lock_timeout_ms; /* a row lock waits this long [2000] */
	int64_t backoff_min_ms;  /* between tries to connect [50] */
	int64_t backoff_max_ms;  /* [5000] */
};

struct pg_pool;

/*
 * Runs once per accepted batch, from the loop, never inside submit. reply is NULL unless
 * fate is PG_COMMITTED. It may submit more, and may not free the pool.
 */
typedef void (*pg_done_cb)(void *arg, const struct pg_outcome *outcome,
			   const struct pg_reply *reply);

/*
 * Call it in the child, after the fork. Connecting starts at once and goes on for ever,
 * with jittered backoff; a lost connection comes back by itself. Never fails for a server
 * that is away; ERR_INPUT for an url that cannot be parsed (the text does not quote it).
 *
 * A host name in the url is resolved by libpq while the loop waits: give an address, or a
 * resolver that is near (libpq has no other way; hostaddr= avoids it).
 */
int pg_pool_new(struct ev_loop *loop, const struct pg_options *options,
		struct pg_pool **ret, struct err *err);
/*
 * Closes everything. What is queued gets PG_UNSENT, what is sent PG_UNKNOWN, both with
 * ERR_CLOSED, before this returns.
 */
void pg_pool_free(struct pg_pool *pool);

/*
 * Queue a batch; it is taken in every case. deadline_ms counts from now and covers
 * waiting for a link as well (0: the pool's). When it passes, a batch that waits gets
 * PG_UNSENT; one that was sent gets PG_UNKNOWN, and its connection is dropped; both with
 * ERR_TIMEOUT. Returns 0, or, without calling cb ever:
 *   ERR_FULL     queue_max batches wait already;
 *   ERR_CLOSED   the pool is being freed.
 */
int pg_pool_submit(struct pg_pool *pool, struct pg_batch *batch, int64_t deadline_ms,
		   pg_done_cb cb, void *arg);

/* All links, whether they are up or not. */
int pg_pool_links(const struct pg_pool *pool);
/* Links that can take a batch now or later without reconnecting. */
int pg_pool_links_up(const struct pg_pool *pool);
/* Links without a batch, and up. */
int pg_pool_links_idle(const struct pg_pool *pool);
/* Batches that wait. */
size_t pg_pool_queued(const struct pg_pool *pool);
/*
 * Why the last connection failed or was lost; code 0: none failed since the last success.
 */
const struct err *pg_pool_last_error(const struct pg_pool *pool);

/* For readers: what `status` and metrics show. */
struct pg_counters {
	uint64_t connects;  /* connections made */
	uint64_t losses;    /* connections lost after they were made */
	uint64_t committed; /* batches, by fate */
	uint64_t rejected;
	uint64_t unsent;
	uint64_t unknown;
};

const struct pg_counters *pg_pool_counters(const struct pg_pool *pool);

/*
 * Hears, from the loop, when the first link comes up (up) and when the last goes down.
 * Embed it, set changed and arg; it may be removed inside its own callback.
 */
struct pg_watch {
	struct list node; /* ours */
	void (*changed)(void *arg, bool up);
	void *arg;
};

void pg_pool_watch(struct pg_pool *pool, struct pg_watch *watch);
void pg_pool_unwatch(struct pg_watch *watch);

#endif
