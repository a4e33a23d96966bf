/* store_crashes.h - deaths of workers that are laid to a run, and its end by them */
#ifndef STORE_STORE_CRASHES_H
#define STORE_STORE_CRASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. By keepers: none of these runs is
 * their own, so each statement locks the row on the wake and status that it expects. */

/*
 * Charge the death of `dead` to a run: crashes + 1, once per death however often this is
 * called; nothing happens unless the run is live, has this wake, and is nobody's or
 * dead's. What became of it a look in the same batch says.
 */
int store_crashes_charge(struct pg_batch *batch, const char *run_id, int64_t wake,
			 const char *cause, const char *dead);

struct store_crash_look {
	const char *status;
	const char *owner; /* NULL: nobody */
	int64_t wake;
	int64_t epoch;
	int64_t crashes;
	const char *charged_by; /* NULL: nobody's death */
	const char *cause;      /* of that death; NULL */
	int64_t journal_seq;    /* of its last journal row; 0: none */
	int64_t now_ms;         /* Postgres' clock */
};

int store_crashes_look(struct pg_batch *batch, const char *run_id);
/* false: there is no such run. */
bool store_crashes_look_read(const struct pg_reply *reply, int statement,
			     struct store_crash_look *ret);

/* A durable event of the journal. */
struct store_crash_event {
	const char *id;   /* of its stream entry */
	const char *text; /* JSON */
	size_t len;
	int64_t seq; /* its number in the run */
};

/* Those of a run's last `rows` journal rows, in order. */
int store_crashes_events(struct pg_batch *batch, const char *run_id, int64_t rows);
int store_crashes_events_count(const struct pg_reply *reply, int statement);
void store_crashes_events_read(const struct pg_reply *reply, int statement, int row,
			       struct store_crash_event *ret);

struct store_burial {
	const char *run_id;
	int64_t wake;
	const char *dead;    /* whose death was charged last */
	int64_t crashes;     /* at least */
	const char *error;   /* JSON text */
	const char *message; /* the same for people */
	int64_t journal_seq; /* of the row to write: one above the last */
	const char *events;  /* JSON text: its events with their ids */
	int64_t event_seq;   /* durable events of the run, those counted */
};

/* failed, a journal row with the last events, and a dead letter, in one commit. Affects
 * one row, or none when the run is not what is expected. */
int store_crashes_bury(struct pg_batch *batch, const struct store_burial *burial);

#endif
