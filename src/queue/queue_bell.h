/* queue_bell.h - wait until there is something to claim */
#ifndef QUEUE_QUEUE_BELL_H
#define QUEUE_QUEUE_BELL_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct queue_bell;
struct redis_link_conf;

/* Once per arm: there may be jobs (rung), or the poll interval is over. Claim in both
 * cases. */
typedef void (*queue_bell_cb)(void *arg, bool rung);

/* A connection of its own (conf as for redis_blocking_new) that waits for a token of the
 * queue's bell. poll_ms: queue.poll. */
int queue_bell_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		   const char *queue, int64_t poll_ms, queue_bell_cb cb, void *arg,
		   struct queue_bell **ret, struct err *err);
void queue_bell_free(struct queue_bell *bell);

/* A worker with free slots arms the bell after a claim that did not fill them, and
 * disarms it when it has none: its tokens then go to others. */
void queue_bell_arm(struct queue_bell *bell);
void queue_bell_disarm(struct queue_bell *bell);

#endif
