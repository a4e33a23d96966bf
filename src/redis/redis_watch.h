/*
 * redis_watch.h - a link to read through, which is told when something read has changed
 */
#ifndef REDIS_REDIS_WATCH_H
#define REDIS_REDIS_WATCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct ev_loop;
struct redis_link;
struct redis_link_conf;
struct redis_watch;

/* From the loop. Neither may free the watch. */
struct redis_watch_ops {
	/* What was read of this key through the link since the last such call is out of
	 * date; one call, however often it was read. key NULL: of any key. */
	void (*changed)(void *arg, const char *key, size_t len);
	/*
	 * The link is up (or not); told says whether `changed` will come for what is read
	 * from now on. All that was read before counts as out of date. Up and not told:
	 * the second connection is not there yet, or the server does not know how: poll.
	 */
	void (*state)(void *arg, bool up, bool told);
};

/* conf as for a link; its on_event, on_push and arg are replaced. Two connections,
 * opened at once. *ret is the caller's. ERR_INPUT, ERR_SYS. */
int redis_watch_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		    const struct redis_watch_ops *ops, void *arg,
		    struct redis_watch **ret, struct err *err);
/* As redis_link_free(): what is under way is answered with ERR_CLOSED. NULL is fine. */
void redis_watch_free(struct redis_watch *watch);

/* For reads whose changes matter; borrowed. */
struct redis_link *redis_watch_link(const struct redis_watch *watch);

#endif
