/* store_waits.h - table run_waits: questions to people and their answers, for their
 * owner */
#ifndef STORE_STORE_WAITS_H
#define STORE_STORE_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;
struct store_commit;
struct store_step;

/* What a journal row does to a question. Builders and readers behave as store_runs.h
 * says.
 */
struct store_wait_change {
	bool opens;       /* else it is over */
	const char *path; /* with the run and the execution its name */
	int execution;
	const char *step_id;
	/* only of one that opens */
	const char *prompt;
	const char *fields;  /* JSON text */
	const char *context; /* NULL */
	int64_t deadline_ms; /* 0: none */
	int64_t reminder_ms; /* 0: none */
};

/*
 * Two statements behind store_steps_commit() of the same runs: what their rows do to
 * questions, and what the rows of the runs show of it. Nothing comes back. Of one
 * question the last change of a commit counts.
 */
void store_waits_write(struct pg_batch *batch, const char *owner,
		       const struct store_commit *runs, size_t n);
/* Behind store_runs_end(): one statement, nothing comes back. */
void store_waits_end(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n);

struct store_wait {
	const char *run_id;
	const char *path;
	int execution;
	const char *step_id;
	const char *state;  /* open, answered, expired */
	const char *answer; /* JSON text or NULL */
};

/* Those of runs that owner has now whose end nobody has read. For the batch of a
 * takeover, behind it; or alone. */
int store_waits_read(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n);
int store_waits_read_count(const struct pg_reply *reply, int statement);
void store_waits_read_row(const struct pg_reply *reply, int statement, int row,
			  struct store_wait *ret);

/* A run of ours that waits for people on all its paths. */
struct store_pause {
	const char *run_id;
	int64_t epoch;
	const char *shared_state; /* JSON text of an object; NULL: {} */
	const char *step_history; /* JSON text of an array; NULL: [] */
	int64_t total_tokens;
	double total_cost_usd;
	int64_t cache_read_tokens;
	int64_t cache_write_tokens;
	int64_t event_seq;
	const struct store_step *steps; /* the journal's last row */
	size_t step_count;
};

/*
 * Two statements. The first returns the runs that are ours, the second those that are
 * parked now, with their rows; an answer that nobody has read, and a cancel that was
 * asked for, keep a run as it is.
 */
int store_waits_pause(struct pg_batch *batch, const char *owner,
		      const struct store_pause *pauses, size_t n);
int store_waits_pause_ours_count(const struct pg_reply *reply, int statement);
/* The run id of a row. */
const char *store_waits_pause_ours(const struct pg_reply *reply, int statement, int row,
				   bool *cancel);
int store_waits_pause_count(const struct pg_reply *reply, int statement);
const char *store_waits_pause_read(const struct pg_reply *reply, int statement, int row);

#endif
