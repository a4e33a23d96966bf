/* store_live.h - table orchestration_runs, as the reconciler reads it: by readiness */
#ifndef STORE_STORE_LIVE_H
#define STORE_STORE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

enum store_live_owner {
	STORE_LIVE_NOBODY = 0,
	STORE_LIVE_FRESH = 1,  /* its row in workers is fresh */
	STORE_LIVE_OLD = 2,    /* its row is old, or gone */
	STORE_LIVE_FORMER = 3, /* its row belongs to a newer incarnation */
};

/* A run that ought to have an entry in the queue: queued or running, taken in by us. */
struct store_live {
	const char *run_id;
	int64_t ready_at_us; /* with run_id: the place in the order */
	int64_t wake;
	int64_t attempt;
	int64_t requeues;
	int64_t priority;
	const char *lane;
	const char *tenant_id;
	const char *owner; /* NULL: nobody */
	const char *orchestration_id;
	int64_t definition_version;
	int64_t running_max; /* of its tenant; 0: none */
	enum store_live_owner owner_is;
	bool chat; /* a turn of a conversation */
};

enum store_live_which {
	STORE_LIVE_ALL,
	STORE_LIVE_DUE,     /* queued, with a run_at, which is what counts as ready_at */
	STORE_LIVE_WAITING, /* queued, with no owner; see ready_under_ms */
};

struct store_live_ask {
	const char *queue;
	int64_t behind_us;      /* go on behind this ready_at ... */
	const char *behind_run; /* ... and this run id */
	int64_t ready_for_ms;   /* only what has been ready for so long */
	int64_t ready_under_ms; /* of STORE_LIVE_WAITING: and for less than so long */
	int64_t old_ms;         /* of the others: age at which a worker's row is old */
	size_t rows;            /* at most */
	enum store_live_which which;
};

/* A page, in order of ready_at and run id. */
int store_live_page(struct pg_batch *batch, const struct store_live_ask *ask);
int store_live_count(const struct pg_reply *reply, int statement);
void store_live_read(const struct pg_reply *reply, int statement, int row,
		     struct store_live *ret);

/* Incarnations whose rows are younger than ttl_ms, in order; rows: their names. */
int store_live_workers(struct pg_batch *batch, int64_t ttl_ms);
int store_live_workers_count(const struct pg_reply *reply, int statement);
const char *store_live_workers_read(const struct pg_reply *reply, int statement, int row);

#endif
