/* store_letters.h - table dead_letter_queue: what operators do about dead letters */
#ifndef STORE_STORE_LETTERS_H
#define STORE_STORE_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. Letters are written by
 * store_crashes.h, and by stock workers. */

enum store_letters_state {
	STORE_LETTERS_OPEN,
	STORE_LETTERS_RESOLVED, /* retried or discarded */
	STORE_LETTERS_ALL,
};

struct store_letter_filter {
	enum store_letters_state state;
	const char *tenant_id;        /* NULL: all */
	const char *default_tenant;   /* whose those are that name none */
	const char *orchestration_id; /* NULL: all */
	const char *run_id;           /* NULL: all */
	const char *after; /* cursor of the last one seen; NULL: from the newest */
	int limit;         /* 1..1000 */
};

struct store_letter {
	const char *id;
	const char *run_id;           /* NULL */
	const char *orchestration_id; /* NULL */
	const char *tenant_id;
	const char *job_function;  /* NULL */
	const char *error_message; /* NULL */
	int64_t attempt_count;
	const char *first_failed_at; /* NULL */
	const char *last_failed_at;  /* NULL */
	bool resolved;
	/* Of one letter, NULL in lists: */
	const char *traceback;
	const char *payload; /* JSON text of an object */
	const char *cause;   /* of death, as the run's row has it */
	/* In lists: */
	const char *cursor;
};

/* Is this text an id of a letter? */
bool store_letters_id_ok(const char *id);
/* Is this text a cursor that store_letters_list() may be given? */
bool store_letters_cursor_ok(const char *cursor);

int store_letters_list(struct pg_batch *batch, const struct store_letter_filter *filter);
int store_letters_list_count(const struct pg_reply *reply, int statement);
void store_letters_list_read(const struct pg_reply *reply, int statement, int row,
			     struct store_letter *ret);

int store_letters_get(struct pg_batch *batch, const char *id, const char *default_tenant);
/* false: there is none. */
bool store_letters_get_read(const struct pg_reply *reply, int statement,
			    struct store_letter *ret);

/* tenant_id NULL: whoever's. Its one row says that it is there. */
int store_letters_discard(struct pg_batch *batch, const char *id, const char *tenant_id,
			  const char *default_tenant);
bool store_letters_discard_read(const struct pg_reply *reply, int statement);

#endif
