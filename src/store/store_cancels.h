/* store_cancels.h - runs that somebody wants to stop */
#ifndef STORE_STORE_CANCELS_H
#define STORE_STORE_CANCELS_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. By processes that do not own these
 * runs, so each statement locks the row on what it expects. tenant_id: only if it is this
 * tenant's; NULL: whoever's. */

/* A running one is asked to stop: affects one row, or none if it does not run. */
int store_cancels_ask(struct pg_batch *batch, const char *run_id, const char *tenant_id);

struct store_cancel_look {
	const char *status;
	const char *owner; /* NULL: nobody */
	int64_t wake;      /* 0: a stock row, which is not ours to end */
	int64_t epoch;
	const char *queue; /* home queue; NULL: a stock row */
	const char *tenant_id;
	int64_t journal_seq; /* of its last journal row; 0: none */
	const char *events;  /* column events of its last row that has some; NULL: none */
	int64_t steps;       /* journal rows of steps */
	int64_t now_ms;      /* Postgres' clock */
};

int store_cancels_look(struct pg_batch *batch, const char *run_id, const char *tenant_id);
/* false: there is no such run. */
bool store_cancels_look_read(const struct pg_reply *reply, int statement,
			     struct store_cancel_look *ret);

struct store_cancel_end {
	const char *run_id;
	int64_t wake;
	int64_t epoch;
	const char *error;   /* JSON text */
	int64_t journal_seq; /* of the row to write: one above the last */
	const char *events;  /* JSON text: its events with their ids */
	int64_t event_seq;   /* durable events of the run, those counted */
	const char *response;
};

/* A queued or paused one ends cancelled, in one commit. */
int store_cancels_end(struct pg_batch *batch, const struct store_cancel_end *end);
/* Was it as expected, so that it has ended now? */
bool store_cancels_end_read(const struct pg_reply *reply, int statement);

#endif
