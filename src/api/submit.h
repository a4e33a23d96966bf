/* submit.h - accepting runs: definition, place, row, answer, entry; in batches */
#ifndef API_SUBMIT_H
#define API_SUBMIT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct catalog;
struct conf;
struct ev_loop;
struct pg_pool;
struct port_run;
struct redis_link;
struct redis_scripts;
struct score_slot;
struct submit;
struct tenant_book;

/* All borrowed for the submit's life. */
struct submit_parts {
	struct ev_loop *loop;
	const struct conf *conf;
	struct redis_link *link;
	const struct redis_scripts *scripts; /* given to the link as well */
	struct pg_pool *pool;
	struct catalog *catalog;
	struct tenant_book *tenants;
	struct score_slot *score; /* NULL: nobody counts */
};

struct submit *submit_new(const struct submit_parts *parts);
/*
 * Taking it down, in this order and without a turn of the loop in between: submit_stop();
 * the pool is freed; the link is freed; submit_free(). Runs that wait are refused;
 * entries that could not be pushed are left to the reconciler, and their number is
 * logged.
 */
void submit_stop(struct submit *submit);
void submit_free(struct submit *submit);

/* run is the caller's until its done() ran: runs_port.h. */
void submit_run(struct submit *submit, struct port_run *run);

/* Call idle(arg) once, from the loop, when nothing is under way: no run waits for its
 * answer, none for its entry. */
void submit_when_idle(struct submit *submit, void (*idle)(void *arg), void *arg);

#endif
