/* store_watch.h - whether the stores that are named are there, and the mode for that */
#ifndef API_STORE_WATCH_H
#define API_STORE_WATCH_H

#include <stdbool.h>

struct child_env;
struct ev_loop;
struct store_watch;
struct stores;

/* Bits of the gauge stores_away. */
enum store_watch_away {
	STORE_WATCH_REDIS = 1,
	STORE_WATCH_POSTGRES = 2,
};

/* With both stores named; acts: the first API child of a generation. All borrowed. */
struct store_watch *store_watch_new(struct ev_loop *loop, struct child_env *env,
				    const struct stores *stores, bool acts);
/* NULL is fine. What was asked of the master goes on. */
void store_watch_free(struct store_watch *watch);

#endif
