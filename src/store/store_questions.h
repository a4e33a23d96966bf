/* store_questions.h - table run_waits: what is open, what is late, who is to be
 * reminded */
#ifndef STORE_STORE_QUESTIONS_H
#define STORE_STORE_QUESTIONS_H

#include "store/store_answers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- lists. Builders and readers behave as store_runs.h says ---- */

struct store_questions_filter {
	const char *tenant_id;        /* NULL: all */
	const char *orchestration_id; /* NULL: all */
	const char *run_id;           /* NULL: all */
	const char *after; /* cursor of the last row seen; NULL: from the first */
	int limit;         /* 1..1000 */
};

struct store_open_question {
	const char *run_id;
	const char *path;
	int execution;
	const char *step_id;
	const char *tenant_id;        /* NULL: a row of an earlier version */
	const char *orchestration_id; /* NULL likewise */
	const char *prompt;           /* NULL */
	const char *fields;           /* JSON text or NULL */
	const char *context;          /* NULL: none */
	const char *opened_at;
	const char *deadline_at; /* NULL: none */
	int64_t reminders;       /* so far */
	const char *run_status;
	const char *cursor; /* pass it as `after` to go on behind this row */
};

bool store_questions_cursor_ok(const char *cursor);
/* Those asked first in front. */
int store_questions_list(struct pg_batch *batch,
			 const struct store_questions_filter *filter);
int store_questions_list_count(const struct pg_reply *reply, int statement);
void store_questions_list_read(const struct pg_reply *reply, int statement, int row,
			       struct store_open_question *ret);

/* ---- deadlines ---- */

/* Runs that have one which has passed. */
int store_questions_due(struct pg_batch *batch, int limit);
int store_questions_due_count(const struct pg_reply *reply, int statement);
const char *store_questions_due_read(const struct pg_reply *reply, int statement,
				     int row);

/* Two statements: these runs are locked, then their late questions are over. What comes
 * back are the runs that had some, as after an answer. */
int store_questions_expire(struct pg_batch *batch, const char *const *run_ids, size_t n);
int store_questions_expire_count(const struct pg_reply *reply, int statement);
/* Returns the run id. */
const char *store_questions_expire_read(const struct pg_reply *reply, int statement,
					int row, struct store_woken *ret);

/* ---- reminders ---- */

struct store_reminder {
	const char *run_id;
	const char *step_id;
	const char *path;
	const char *prompt; /* NULL */
	int64_t nth;        /* from 1 */
	bool parked;        /* else nobody is told: the run's owner has the stream */
	int64_t event_seq;  /* durable events of the run */
	int64_t epoch;
	int64_t now_ms; /* Postgres' clock */
};

int store_questions_remind(struct pg_batch *batch, int limit);
int store_questions_remind_count(const struct pg_reply *reply, int statement);
void store_questions_remind_read(const struct pg_reply *reply, int statement, int row,
				 struct store_reminder *ret);

#endif
