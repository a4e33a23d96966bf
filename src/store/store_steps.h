/* store_steps.h - table run_steps: the journal that any worker can fold and continue */
#ifndef STORE_STORE_STEPS_H
#define STORE_STORE_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;
struct store_wait_change;

/* One journal row. Builders and readers behave as store_runs.h says. */
struct store_step {
	const char *run_id;
	int64_t seq;         /* counts rows of the run, from 1 */
	const char *path;    /* frame: "" or "p1#0/l2#3/s4" */
	const char *step_id; /* "" if the row is of no step */
	int execution;       /* ordinal of this step's executions in its frame */
	const char *kind;    /* start, step, turn, join, answer, effect, snapshot, wait */
	const char *delta;   /* JSON text or NULL */
	const char *events;  /* JSON text or NULL */
	const char *usage;   /* JSON text or NULL */
	const char *error;   /* JSON text or NULL */
	int64_t epoch;       /* of the writer: readers set it, builders take the run's */
	const char *at;      /* readers set it: moment of the commit */
	/* What it does to a question to people; NULL: nothing. store_waits_write() writes
	 * that. */
	const struct store_wait_change *wait;
};

/* The rows that one owned run writes now: consecutive seq. */
struct store_commit {
	const char *run_id;
	int64_t epoch;
	const struct store_step *steps;
	size_t step_count; /* >= 1 */
};

struct store_committed {
	const char *run_id;
	bool cancel;  /* cancel was asked for */
	bool answers; /* an answer waits to be read */
};

/*
 * Append rows of n runs that owner has: locks each run's row where run_id, epoch and
 * owner are ours and it is running. One statement; its rows are the runs that are ours,
 * with all their journal rows written; of the others nothing is (stale: drop them).
 */
int store_steps_commit(struct pg_batch *batch, const char *owner,
		       const struct store_commit *runs, size_t n);
int store_steps_commit_count(const struct pg_reply *reply, int statement);
void store_steps_commit_read(const struct pg_reply *reply, int statement, int row,
			     struct store_committed *ret);

/* After a commit that nobody answered: which of (run_id, seq) were written with that
 * epoch. For each run its last row is enough: a commit is in whole or not at all. */
int store_steps_check(struct pg_batch *batch, const struct store_commit *runs, size_t n);
int store_steps_check_count(const struct pg_reply *reply, int statement);
/* The run id of a row: its commit is in. */
const char *store_steps_check_read(const struct pg_reply *reply, int statement, int row);

/*
 * The journals of runs that owner has at this moment, ordered by run and seq. In the
 * batch of a takeover add it behind that statement: its snapshot is then younger than the
 * lock. Ids of runs that another has bring no rows.
 */
int store_steps_read(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n);
int store_steps_read_count(const struct pg_reply *reply, int statement);
void store_steps_read_row(const struct pg_reply *reply, int statement, int row,
			  struct store_step *ret);

/* The journal of one run from seq on, whoever has it: for history and tails. At most
 * limit rows; read with store_steps_read_row. */
int store_steps_history(struct pg_batch *batch, const char *run_id, int64_t from_seq,
			int limit);

/* What tails read of them: rows that have events, from seq on, at most limit. */
int store_steps_events(struct pg_batch *batch, const char *run_id, int64_t from_seq,
		       int limit);
/* The last of those rows; none or one. */
int store_steps_newest(struct pg_batch *batch, const char *run_id);
int store_steps_events_count(const struct pg_reply *reply, int statement);
/* seq and events are set. */
void store_steps_events_read(const struct pg_reply *reply, int statement, int row,
			     struct store_step *ret);

/* The same rows for people: delta and events are NULL (they may be large), epoch is 0. */
int store_steps_list(struct pg_batch *batch, const char *run_id, int64_t from_seq,
		     int limit);
int store_steps_list_count(const struct pg_reply *reply, int statement);
void store_steps_list_read(const struct pg_reply *reply, int statement, int row,
			   struct store_step *ret);

#endif
