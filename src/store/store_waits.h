/* store_waits.h - table run_waits: questions to people and their answers */
#ifndef STORE_STORE_WAITS_H
#define STORE_STORE_WAITS_H

#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

struct store_wait {
	const char *run_id;
	const char *path; /* frame that waits */
	int execution;
	const char *step_id;
	const char *state;       /* open, answered, expired, closed */
	const char *prompt;      /* NULL */
	const char *fields;      /* JSON text or NULL */
	const char *answer;      /* JSON text or NULL */
	const char *deadline_at; /* NULL */
};

/* All waits of runs that owner has now that are not closed: for the batch of a takeover,
 * behind it. Builders and readers behave as store_runs.h says. */
int store_waits_read(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n);
int store_waits_read_count(const struct pg_reply *reply, int statement);
void store_waits_read_row(const struct pg_reply *reply, int statement, int row,
			  struct store_wait *ret);

#endif
