/* stores.h - a child's ties to its stores: one link to Redis, one pool to Postgres */
#ifndef CHILD_STORES_H
#define CHILD_STORES_H

#include "base/err.h"
#include "pg/pg_pool.h"
#include "redis/redis_link.h"

#include <stdbool.h>

struct child_env;
struct ev_loop;
struct redis_scripts;

struct stores_options {
	struct ev_loop *loop;
	const struct child_env *env;
	const char *kind;    /* by what name the servers list the connections: "worker" */
	int connections;     /* to Postgres */
	size_t pg_queue_max; /* batches that wait for one; 0: what the pool says */
	/*
	 * Changes, from the loop. NULL: ignored. They have been logged and counted. both
	 * comes once, the first time that both stores are there.
	 */
	void (*redis)(void *arg, bool up);
	void (*pg)(void *arg, bool up);
	void (*both)(void *arg);
	void *arg;
};

/* Embed it. All but link, scripts, pool and link_conf is private. */
struct stores {
	struct redis_link *link;
	struct redis_scripts *scripts; /* of the queue; the link knows them */
	struct pg_pool *pool;
	struct redis_link_conf link_conf; /* for further connections to the same Redis */
	struct stores_options options;
	struct pg_watch watch;
	char name[64];
	bool both_said;
};

/*
 * Connect, for ever. options and what it points to outlive the stores. ERR_INPUT for an
 * url that cannot be used, ERR_SYS for TLS material that cannot be read; the caller calls
 * stores_close() in any case.
 */
int stores_open(struct stores *stores, const struct stores_options *options,
		struct err *err);
/* Answers what is pending with ERR_CLOSED, Redis' first: whom those callbacks call is
 * still there. Fine on a zeroed struct. */
void stores_close(struct stores *stores);

bool stores_redis_up(const struct stores *stores);
bool stores_pg_up(const struct stores *stores);

#endif
