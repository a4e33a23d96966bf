/* store_detail.h - all that the tables say about one run, for people */
#ifndef STORE_STORE_DETAIL_H
#define STORE_STORE_DETAIL_H

#include "store/store_runs.h"
#include "store/store_steps.h"

#include <stdbool.h>
#include <stdint.h>

/* Builders and readers behave as store_runs.h says. */

struct store_detail {
	struct store_run_status run; /* cursor is "" */
	const char *input;           /* NULL */
	const char *inputs;          /* JSON text or NULL */
	const char *state;           /* JSON text: as of its last pause or its end */
	const char *owner;           /* NULL */
	const char *lane;
	const char *cause; /* of its last death; NULL */
	int64_t crashes;
	int64_t requeues;
	int64_t cache_read_tokens;
	int64_t cache_write_tokens;
	const char *webhook_url;     /* NULL */
	const char *webhook_secret;  /* NULL; no answer shows it */
	const char *idempotency_key; /* NULL */
	const char *parent_run_id;   /* NULL */
	const char *trace_id;        /* NULL */
	const char *deadline_at;     /* NULL */
	const char *ready_at;        /* NULL */
	const char *updated_at;      /* NULL */
};

int store_detail_run(struct pg_batch *batch, const char *run_id);
/* false: there is no such run. */
bool store_detail_run_read(const struct pg_reply *reply, int statement,
			   struct store_detail *ret);

/* One event of its journal: worker_picked_up, step_start, step_complete, step_error,
 * orchestration_end. */
struct store_told {
	int64_t epoch;
	const char *type;
	const char *path;             /* "" at the root */
	const char *step_id;          /* NULL */
	const char *step_name;        /* NULL */
	const char *step_type;        /* NULL */
	const char *ts;               /* ms since 1970, as text; NULL */
	const char *duration_seconds; /* NULL */
	const char *error;            /* NULL */
	const char *error_class;      /* NULL */
	int64_t attempt;              /* of an error, from 1 */
	bool again;                   /* an error that is not final */
	const char *worker_id;        /* NULL */
};

int store_detail_story(struct pg_batch *batch, const char *run_id, int limit);
void store_detail_story_read(const struct pg_reply *reply, int statement, int row,
			     struct store_told *ret);

/* Rows of the journal that have usage, and those that speak of effects; seq, path,
 * step_id, execution and what is in question are set. */
int store_detail_usage(struct pg_batch *batch, const char *run_id, int limit);
int store_detail_effects(struct pg_batch *batch, const char *run_id, int limit);
int store_detail_count(const struct pg_reply *reply, int statement);
void store_detail_usage_read(const struct pg_reply *reply, int statement, int row,
			     struct store_step *ret);
void store_detail_effects_read(const struct pg_reply *reply, int statement, int row,
			       struct store_step *ret);

struct store_asked {
	const char *path;
	int64_t execution;
	const char *step_id;
	const char *state;
	const char *prompt; /* NULL */
	const char *fields; /* JSON text or NULL */
	const char *answer; /* JSON text or NULL */
	const char *opened_at;
	const char *deadline_at; /* NULL */
	const char *answered_at; /* NULL */
};

int store_detail_waits(struct pg_batch *batch, const char *run_id, int limit);
void store_detail_waits_read(const struct pg_reply *reply, int statement, int row,
			     struct store_asked *ret);

#endif
