/* waiting.h - how long entries wait, for the scoreboard */
#ifndef KEEPER_WAITING_H
#define KEEPER_WAITING_H

#include <stddef.h>

struct child_env;
struct ev_loop;
struct queue;
struct waiting;

/* In the keeper. Every queue.heartbeat_every it asks each queue; the gauges `waiting` and
 * `oldest_ms` of its slot are what they say together. All is borrowed. */
struct waiting *waiting_new(struct ev_loop *loop, const struct child_env *env,
			    struct queue *const *queues, size_t queue_count);
/* After the link to Redis, whose last answers come to it. */
void waiting_free(struct waiting *waiting);

#endif
