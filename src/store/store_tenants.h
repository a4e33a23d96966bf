/* store_tenants.h - table tenants: limits, and the queue that a tenant is pinned to */
#ifndef STORE_STORE_TENANTS_H
#define STORE_STORE_TENANTS_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

struct store_tenant {
	const char *tenant_id;
	const char *name;            /* NULL */
	const char *queue;           /* pinned; NULL: not yet */
	int64_t max_concurrent_runs; /* 0: not set for this tenant */
	int64_t max_queued_runs;     /* the same */
};

/* Pin a tenant to its home queue at first use: the first insert wins. Adds two
 * statements; read with store_tenants_read, row 0: what holds now. */
int store_tenants_pin(struct pg_batch *batch, const char *tenant_id, const char *queue);
/* All, ordered by tenant_id. */
int store_tenants_list(struct pg_batch *batch);
int store_tenants_count(const struct pg_reply *reply, int statement);
void store_tenants_read(const struct pg_reply *reply, int statement, int row,
			struct store_tenant *ret);

#endif
