/* store_stock.h - runs that stock programs left waiting for people */
#ifndef STORE_STORE_STOCK_H
#define STORE_STORE_STOCK_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

struct store_stock_paused {
	const char *orchestration_id;
	const char *tenant_id;
	const char *step_id; /* NULL: it does not say which one asks */
	const char *prompt;
	const char *state;   /* JSON text */
	const char *history; /* likewise */
	bool nested;         /* what asks is in another run */
};

int store_stock_look(struct pg_batch *batch, const char *run_id);
/* false: it is none, or somebody has taken it over. */
bool store_stock_look_read(const struct pg_reply *reply, int statement,
			   struct store_stock_paused *ret);

struct store_stock_adopt {
	const char *run_id;
	int64_t definition_version;
	const char *queue; /* of a tenant that has no home */
	const char *step_id;
	const char *path;
	int execution;
	const char *events;
	const char *snapshot;
};

/* Does nothing when store_stock_look_read() would find none. */
void store_stock_adopt(struct pg_batch *batch, const struct store_stock_adopt *adopt);

#endif
