/*
 * sweep.h - incarnations without a heartbeat: dead with their hosts, or only out of reach
 */
#ifndef KEEPER_SWEEP_H
#define KEEPER_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct child_env;
struct lifeline;
struct pg_pool;
struct putback_place;
struct redis_link;
struct registry;
struct sweep;

/* All borrowed. */
struct sweep_means {
	const struct child_env *env;
	struct lifeline *lifeline;
	struct redis_link *link;
	struct pg_pool *pool;
	struct registry *registry;
	const struct putback_place *place;
};

/*
 * In the keeper. Every queue.heartbeat_every it looks who in `workers` has no heartbeat
 * key. Whose key was missing in two sweeps running while both our connections have been
 * up for one queue.heartbeat_ttl, and whose row in Postgres is older than that, is dead:
 * what it holds is requeued, uncharged. A key that is missing beside a fresh row is an
 * alarm in the log (beat.keys_missing). Without Postgres nobody is declared dead.
 *
 * It tells the master, too, whether the quarantine lane has entries.
 */
struct sweep *sweep_new(const struct sweep_means *means);
/* A connection came or went: what was missing before counts no more. */
void sweep_reset(struct sweep *sweep);
/* After the link to Redis and the pool. */
void sweep_free(struct sweep *sweep);

/* What a row says of an incarnation whose key is missing. */
enum sweep_verdict {
	SWEEP_DEAD,
	SWEEP_LIVES, /* its key alone is missing */
};
/*
 * The table of that: row_incarnation of its registry row (NULL: there is no row, or it is
 * a stock worker's), the row's age (-1: never beat), whether that incarnation is a
 * process of this host.
 */
enum sweep_verdict sweep_judge(const char *incarnation, const char *row_incarnation,
			       int64_t row_age_ms, bool row_is_ours, int64_t ttl_ms);

#endif
