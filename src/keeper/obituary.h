/* obituary.h - deaths on this host, as the master tells them: what they held goes back */
#ifndef KEEPER_OBITUARY_H
#define KEEPER_OBITUARY_H

#include "base/ids.h"

#include <stdbool.h>

struct charge_means;
struct child_env;
struct lifeline;
struct obituary;
struct putback_place;
struct registry;
struct score_slot;

/* What the keeper settles deaths with; all borrowed. */
struct obituary_means {
	const struct child_env *env;
	struct lifeline *lifeline;
	struct registry *registry;
	const struct putback_place *place;
	const struct charge_means *charge;
};

/* One per keeper. */
struct obituary *obituary_new(const struct obituary_means *means);
/* After the link to Redis, the pool and the publisher. What is not settled is told to the
 * next keeper. */
void obituary_free(struct obituary *obituary);

/*
 * The master reaped pid, whose slot is board->slots[index]: its row says offline, what it
 * held is requeued, the run that killed it (if one did) is charged first, then the master
 * is told so. The same death again, while it is being settled, changes nothing.
 */
void obituary_take(struct obituary *obituary, int index, int pid);

/*
 * The job that a death is laid to, into buf; false: nobody's fault. Its own code ran at
 * that moment (a fault, an abort, a loop that did not turn), or, in the quarantine lane,
 * where a worker is alone with one run, it ended in a way that we had no hand in.
 */
bool obituary_suspect(const struct score_slot *slot, char buf[IDS_MAX]);

#endif
