/* fleet.h - settings of the fleet and this host's files, noticed and put in force */
#ifndef KEEPER_FLEET_H
#define KEEPER_FLEET_H

struct child_env;
struct ev_loop;
struct fleet;
struct pg_pool;

/* All borrowed for its life. Starts at once. */
struct fleet *fleet_new(struct ev_loop *loop, const struct child_env *env,
			struct pg_pool *pool);
/* Its pool has been freed before, so that no answer is under way. NULL is fine. */
void fleet_free(struct fleet *fleet);

#endif
