/* obituary.h - deaths on this host, as the master tells them: what they held goes back */
#ifndef KEEPER_OBITUARY_H
#define KEEPER_OBITUARY_H

struct charge_means;
struct child_env;
struct lifeline;
struct obituary;
struct putback_place;
struct registry;

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
 * held is requeued, the run that killed it (if one did) is charged first, those of which
 * one did are tried together (keeper/blame.h), then the master is told so. The same death
 * again, while it is being settled, changes nothing.
 */
void obituary_take(struct obituary *obituary, int index, int pid);

#endif
