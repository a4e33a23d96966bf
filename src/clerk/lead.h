/* lead.h - which of the fleet's clerks leads */
#ifndef CLERK_LEAD_H
#define CLERK_LEAD_H

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct lead;
struct pg_pool;

struct lead_options {
	struct ev_loop *loop;
	struct pg_pool *pool;
	const char *name;   /* of the lease */
	const char *holder; /* our incarnation */
	/* From the loop: it is ours, or it may be somebody else's from now on. */
	void (*changed)(void *arg, bool leads);
	void *arg;
};

/* All is borrowed and outlives the lead; the pool is freed first. Asks for the lease from
 * the first moment on, for ever. */
struct lead *lead_new(const struct lead_options *options);
void lead_free(struct lead *lead);

/* Postgres has come up: do not wait for the next second. */
void lead_ask(struct lead *lead);
/* A second lead for a moment is possible (a clock that jumps, an answer on its way) and
 * harms nothing: whatever a lead does may be done twice. */
bool lead_is_ours(const struct lead *lead);
/* Ask no more and give the lease up. done(arg) comes once, from the loop or from inside,
 * within seconds, given or not: it runs out by itself. */
void lead_give(struct lead *lead, void (*done)(void *arg), void *arg);

#endif
