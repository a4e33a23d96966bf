/* store_outcome.h - how a run that somebody waits for is over */
#ifndef STORE_STORE_OUTCOME_H
#define STORE_STORE_OUTCOME_H

#include <stdbool.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

struct store_outcome {
	const char *tenant_id;
	const char *status;
	bool over; /* ended or paused: what follows is there, or NULL for none */
	const char *response;
	const char *error; /* JSON text, as those below */
	const char *state;
	const char *history;
	/* paused: what was asked first; path NULL: nothing */
	const char *path;
	const char *step_id;
	const char *prompt;
	const char *fields;
	const char *context;
};

int store_outcome_get(struct pg_batch *batch, const char *run_id);
/* false: no such run. */
bool store_outcome_read(const struct pg_reply *reply, int statement,
			struct store_outcome *ret);

#endif
