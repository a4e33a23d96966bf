/* store_leases.h - table leases: who may do what only one may do */
#ifndef STORE_STORE_LEASES_H
#define STORE_STORE_LEASES_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. All moments are Postgres' clock. */

/* Take it for ttl_ms, or keep it. */
int store_leases_take(struct pg_batch *batch, const char *name, const char *holder,
		      int64_t ttl_ms);
/* Is it theirs now? *ret_term: raised whenever it changed hands. */
bool store_leases_take_read(const struct pg_reply *reply, int statement,
			    int64_t *ret_term);
/* Give it up, if it is theirs. */
int store_leases_give(struct pg_batch *batch, const char *name, const char *holder);

struct store_lease {
	const char *holder;
	int64_t term;
	int64_t left_ms; /* less than 0: it has run out, or was given up */
};

int store_leases_get(struct pg_batch *batch, const char *name);
/* false: nobody ever had it. */
bool store_leases_get_read(const struct pg_reply *reply, int statement,
			   struct store_lease *ret);

#endif
