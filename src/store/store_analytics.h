/* store_analytics.h - runs in groups, and what the fleet ended minute by minute */
#ifndef STORE_STORE_ANALYTICS_H
#define STORE_STORE_ANALYTICS_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

struct store_analytics_ask {
	const char *by;        /* "day", "hour", "orchestration", "tenant" or "model" */
	const char *tenant_id; /* NULL: all */
	const char *orchestration_id; /* NULL: all */
	int64_t since_ms, until_ms;
	int64_t groups_max;
};

struct store_analytics {
	const char *groups; /* JSON text of a list */
	const char *total;  /* JSON text of an object; NULL: models have none */
	bool more;          /* there are more groups */
};

int store_analytics_ask(struct pg_batch *batch, const struct store_analytics_ask *ask);
void store_analytics_read(const struct pg_reply *reply, int statement,
			  struct store_analytics *ret);

struct store_minutes {
	const char *minutes; /* JSON text of a list */
	const char *today;   /* JSON text of an object */
	const char *now;     /* by Postgres' clock */
};

int store_minutes_ask(struct pg_batch *batch, int64_t minutes);
void store_minutes_read(const struct pg_reply *reply, int statement,
			struct store_minutes *ret);

#endif
