/* store_workers.h - table workers: the registry that the page and the sweeps read */
#ifndef STORE_STORE_WORKERS_H
#define STORE_STORE_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

struct store_worker_beat {
	const char *worker_id; /* row: <host> or <host>-<slot> */
	const char *incarnation;
	const char *hostname;
	const char *address; /* NULL */
	int active_jobs;
	int max_jobs;
	const char *mcp_disabled; /* JSON text of an array; NULL: [] */
	const char *state;        /* "ready", "quiet" */
	const char *version;
	int generation;
	int64_t memory_bytes; /* 0: not known */
	int64_t runs_ended;   /* since the incarnation began, as the two below */
	int64_t runs_failed;
	int64_t cost_micros; /* millionths of a dollar */
};

/*
 * Register or refresh n rows: online, last_heartbeat = now by Postgres' clock. A row
 * belongs to the incarnation that beat last: a draining predecessor must not beat any
 * more. Given in order of worker_id.
 */
int store_workers_beat(struct pg_batch *batch, const struct store_worker_beat *beats,
		       size_t n);

/* This incarnation has left: its row says offline, unless a newer one has it. cause: of
 * what it died, which the row keeps in any case; NULL: it left in order. */
int store_workers_offline(struct pg_batch *batch, const char *worker_id,
			  const char *incarnation, const char *cause);
/* Rows that say online and have not beaten for stale_ms become offline; read back with
 * store_workers_stale_read: worker ids. */
int store_workers_mark_stale(struct pg_batch *batch, int64_t stale_ms);
const char *store_workers_stale_read(const struct pg_reply *reply, int statement,
				     int row);

/* How old these rows are: for a keeper that misses heartbeat keys of another host. */
struct store_worker_age {
	const char *worker_id;
	const char *incarnation; /* NULL: a stock worker's */
	int64_t age_ms;          /* since last_heartbeat, by Postgres' clock; -1: never */
};

/* Of those that exist, in any order. */
int store_workers_ages(struct pg_batch *batch, const char *const *worker_ids, size_t n);
int store_workers_ages_count(const struct pg_reply *reply, int statement);
void store_workers_ages_read(const struct pg_reply *reply, int statement, int row,
			     struct store_worker_age *ret);

struct store_worker {
	const char *worker_id;
	const char *hostname; /* NULL */
	const char *address;  /* NULL */
	const char *status;
	int active_jobs;
	int max_jobs;
	const char *last_heartbeat; /* NULL */
	int64_t age_ms; /* since last_heartbeat, by Postgres' clock; -1: never */
	const char *mcp_disabled;     /* JSON text */
	const char *incarnation;      /* NULL: a stock worker */
	const char *last_death_cause; /* NULL: none */
	const char *last_death_at;    /* NULL */
	const char *state;            /* NULL: not known */
	const char *version;          /* NULL */
	int generation;
	int64_t memory_bytes; /* 0: not known */
};

/* All rows, ordered by worker_id. */
int store_workers_list(struct pg_batch *batch);
int store_workers_list_count(const struct pg_reply *reply, int statement);
void store_workers_list_read(const struct pg_reply *reply, int statement, int row,
			     struct store_worker *ret);

/* Whom one row belongs to; false: there is no such row. */
struct store_worker_one {
	const char *incarnation; /* NULL: a stock worker */
	bool online;
};

int store_workers_one(struct pg_batch *batch, const char *worker_id);
bool store_workers_one_read(const struct pg_reply *reply, int statement,
			    struct store_worker_one *ret);

#endif
