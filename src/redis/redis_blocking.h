/* redis_blocking.h - wait for a token in a list, on a connection of its own */
#ifndef REDIS_REDIS_BLOCKING_H
#define REDIS_REDIS_BLOCKING_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct redis_blocking;
struct redis_link_conf;

/* Once per arm. rung: a token was taken; false: the poll interval is over, so look
 * anyway. May arm again and may free. */
typedef void (*redis_blocking_cb)(void *arg, bool rung);

/*
 * BLPOP on the list `key` (copied). conf as for a link; its timeouts for commands,
 * on_event and arg are replaced. Whatever the connection does, an armed waiter is called
 * within poll_ms (10..60000) plus what the loop lags: a half-open connection costs one
 * poll interval, no more.
 */
int redis_blocking_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		       const char *key, int64_t poll_ms, redis_blocking_cb cb, void *arg,
		       struct redis_blocking **ret, struct err *err);
void redis_blocking_free(struct redis_blocking *blocking);

/* Wait once; no effect while armed. */
void redis_blocking_arm(struct redis_blocking *blocking);
/* Wait no longer. A token that arrives although nobody waits is pushed back, so that
 * another waiter gets it. */
void redis_blocking_disarm(struct redis_blocking *blocking);

#endif
