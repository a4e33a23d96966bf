/* charge.h - a death is laid to a run: charged, and ended when that was once too often */
#ifndef KEEPER_CHARGE_H
#define KEEPER_CHARGE_H

#include "queue/queue_requeue.h"

#include <stddef.h>
#include <stdint.h>

struct charge;
struct ev_loop;
struct pg_pool;
struct publisher;
struct redis_link;

/* What the keeper charges with; one per process, borrowed by its charges. */
struct charge_means {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct redis_link *link;
	struct publisher *publisher;
	int64_t max_crashes; /* queue.max_crashes */
	size_t event_max;    /* engine.event_max */
};

enum charge_end {
	CHARGE_NONE, /* not charged: over, or another's. The entry goes with the others */
	CHARGE_ONCE, /* charged: the entry goes to the quarantine lane */
	CHARGE_BURIED, /* a dead letter, its events are in its stream: the entry goes */
};

/* Once, from the loop. */
typedef void (*charge_cb)(void *arg, enum charge_end end);

/*
 * In the keeper. The worker `dead` died of `cause` while it executed job
 * ("<run>:<wake>"). Tried again, for ever, while a store is away. Every act may be
 * repeated: a keeper that begins anew ends where another began. Texts are copied.
 */
struct charge *charge_start(const struct charge_means *means, const char *job,
			    const char *dead, const char *cause, charge_cb cb, void *arg);
/* NULL is fine. After the link, the pool and the publisher, or in cb and later. */
void charge_free(struct charge *charge);

#endif
