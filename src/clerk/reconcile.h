/* reconcile.h - rows that ought to have an entry in the queue get one */
#ifndef CLERK_RECONCILE_H
#define CLERK_RECONCILE_H

#include "base/ids.h"
#include "store/store_live.h"

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct pg_pool;
struct queue;
struct reconcile;
struct score_slot;

/* A row's place in the order of readiness. All zero: before the first. */
struct reconcile_place {
	int64_t ready_at_us;
	char run_id[IDS_MAX];
};

struct reconcile_ask {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct queue *queue;
	struct score_slot *score;
	int64_t ready_for_ms;   /* only rows that have been ready for so long */
	int64_t ready_under_ms; /* of STORE_LIVE_WAITING: and for less than so long */
	int64_t old_ms;         /* of the others: age at which a worker's row is old */
	bool formers_are_dead;  /* an owner whose row has a newer incarnation, and that
				   has no heartbeat key, is dead */
	enum store_live_which which;
	bool one_page; /* no further than a page; done() is told how far it came */
	struct reconcile_place from; /* begin behind it */
	/* Once, from the loop, when the last row has been looked at; place: of that row.
	 * Frees nothing: reconcile_stop() does. */
	void (*done)(void *arg, const struct reconcile_place *place);
	void *arg;
};

/*
 * Go through the live rows of a queue: those that are queued, or running with a dead
 * owner, and have no entry, get one. What fails is tried again until it is stopped.
 */
struct reconcile *reconcile_start(const struct reconcile_ask *ask);
/* Nothing more is called; NULL is fine. */
void reconcile_stop(struct reconcile *reconcile);
/* Entries made so far. */
int64_t reconcile_pushed(const struct reconcile *reconcile);
/* The page that it has come to was full: there are more rows, or were. */
bool reconcile_full(const struct reconcile *reconcile);

#endif
