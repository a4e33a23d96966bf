/* store_answers.h - table run_waits: who answers questions of runs */
#ifndef STORE_STORE_ANSWERS_H
#define STORE_STORE_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;
struct store_woken;

/* Builders and readers behave as store_runs.h says. */

/* ---- what there is to be answered ---- */

/* step: id of the step, or path of the question; NULL: whatever is open. */
int store_answers_look(struct pg_batch *batch, const char *run_id, const char *tenant_id,
		       const char *step);

struct store_question {
	const char *status; /* of the run */
	const char *path;   /* NULL: nothing is open */
	int execution;
	const char *step_id;
	const char *fields; /* JSON text or NULL */
	bool stock;         /* a stock program left it waiting (store_stock.h) */
};

/* 0: no such run; 1, and *ret; 2: more than one is open, *ret is the first. */
int store_answers_look_read(const struct pg_reply *reply, int statement,
			    struct store_question *ret);

/* ---- an answer ---- */

struct store_answer {
	const char *run_id;
	const char *tenant_id; /* NULL: any */
	const char *path;
	int execution;
	const char *answer;         /* JSON text */
	const char *webhook_url;    /* NULL: as it was */
	const char *webhook_secret; /* NULL: as it was */
};

/* For statements that return the like from column `first` on. */
void store_answers_woken_read(const struct pg_reply *reply, int at, int row, int first,
			      struct store_woken *ret);

/* Two statements: the run is locked, then the question is answered, if it is open. */
int store_answers_put(struct pg_batch *batch, const struct store_answer *answer);
/* false: it was not: *ret is untouched. */
bool store_answers_put_read(const struct pg_reply *reply, int statement,
			    struct store_woken *ret);

#endif
