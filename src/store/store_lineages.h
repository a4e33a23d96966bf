/*
 * store_lineages.h - table queue_lineages: what Postgres remembers of each queue's life
 */
#ifndef STORE_STORE_LINEAGES_H
#define STORE_STORE_LINEAGES_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

struct store_lineage {
	int64_t n;          /* the highest that Redis showed */
	int64_t recovering; /* number of the newest recovery */
	int64_t rebuilds_asked;
	int64_t rebuilds_done;
	int64_t pause_n;           /* by store_lineages_read() */
	const char *paused_reason; /* the same; NULL: it is not paused */
};

/* Redis shows n on the server run_id; n 0: only ask. Makes the row. */
int store_lineages_raise(struct pg_batch *batch, const char *queue, int64_t n,
			 const char *run_id);
/* A recovery begins: `recovering` is its number. */
int store_lineages_recover(struct pg_batch *batch, const char *queue);
/* Of either of the two; false: there is no such row. */
bool store_lineages_read(const struct pg_reply *reply, int statement,
			 struct store_lineage *ret);
/* How far a recovery is: a word for people, and what it has pushed. */
int store_lineages_state(struct pg_batch *batch, const char *queue, int64_t number,
			 const char *state, int64_t pushed, int64_t rebuilds_done);

/* Ask the lead for a rebuild of every queue; rows: queue and number of the wish. */
int store_lineages_ask(struct pg_batch *batch);

struct store_lineage_row {
	const char *queue;
	const char *state;
	int64_t pushed;
	struct store_lineage lineage;
};

/* Every queue that a lead has seen, in order of name. */
int store_lineages_list(struct pg_batch *batch);
int store_lineages_list_count(const struct pg_reply *reply, int statement);
void store_lineages_list_read(const struct pg_reply *reply, int statement, int row,
			      struct store_lineage_row *ret);

/* The queues that tenants are at home in, in any order; rows: their names. */
int store_lineages_queues(struct pg_batch *batch);
int store_lineages_queues_count(const struct pg_reply *reply, int statement);
const char *store_lineages_queues_read(const struct pg_reply *reply, int statement,
				       int row);

#endif
