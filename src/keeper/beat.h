/* beat.h - heartbeat keys for the workers of this host */
#ifndef KEEPER_BEAT_H
#define KEEPER_BEAT_H

#include <stddef.h>

struct beat;
struct child_env;
struct ev_loop;
struct queue;

/*
 * In the keeper. Every queue.heartbeat_every refreshes, in each of the queues, the
 * heartbeat key of each worker child whose process lives and whose loop turns. The
 * workers refresh their own as well: either is enough. All borrowed.
 */
struct beat *beat_new(struct ev_loop *loop, const struct child_env *env,
		      struct queue *const *queues, size_t queue_count);
void beat_free(struct beat *beat);

#endif
