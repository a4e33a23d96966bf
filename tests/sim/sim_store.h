/* sim_store.h - what is durable: the rows of the runs, their journals, their entries */
#ifndef TESTS_SIM_STORE_H
#define TESTS_SIM_STORE_H

#include "base/list.h"
#include "base/str.h"
#include "engine/fold.h"
#include "engine/row.h"
#include "host/held.h"
#include "sim_people.h"
#include "sim_watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct json;
struct sim_case;
struct sim_world;

enum sim_status {
	SIM_QUEUED,
	SIM_PAUSED, /* all of it waits for people, and nobody has it */
	SIM_RUNNING,
	SIM_COMPLETED,
	SIM_FAILED,
	SIM_CANCELLED,
};

/* A row of the journal; texts are owned. */
struct sim_row {
	struct fold_row row;
	uint64_t epoch;
	int execution;
	struct sim_change *change; /* owned; NULL: it is about no question */
};

enum sim_entry {
	SIM_READY, /* whoever claims it has it */
	SIM_HELD,
	SIM_GONE,
};

#define SIM_INNER_MAX 4 /* orchestrations beside its own, each version for itself */

struct sim_inner {
	struct definition *definition; /* owned */
	int64_t version;
};

/* Something sent under a key: whoever repeats it sends the same. */
struct sim_once {
	uint64_t key;
	uint64_t what;
};

/* One run: its row, its journal, its entry in the queue, and what must be true of it. */
struct sim_run {
	int number;
	char run_id[16];
	const struct sim_case *given;          /* NULL: it is of chance */
	struct definition *definition;         /* owned */
	const struct json *around;             /* agents and tools that it finds */
	struct json *around_own;               /* owned: the same, unless it is given */
	struct sim_inner inner[SIM_INNER_MAX]; /* those that ran inside */
	char *message;                         /* owned, as inputs */
	char *inputs;
	enum sim_status status;
	int64_t epoch;
	int owner; /* incarnation; 0: nobody */
	bool cancel;
	int64_t cancel_at_ms;
	int64_t wake;                   /* how often it was to be claimed */
	struct sim_question *questions; /* owned */
	size_t questions_count;
	struct sim_once *once; /* owned */
	size_t once_count;
	struct sim_row *rows; /* owned */
	size_t rows_count;
	size_t rows_room;
	enum sim_entry entry;
	int64_t entry_wake;
	int holder; /* SIM_HELD: incarnation */
	int from;   /* SIM_READY: the incarnation that it was taken off; 0: nobody */
	struct sim_watch watch;
	char *final_state; /* owned; NULL until it ended, as the next */
	char *final_text;
	char *final_history;
	int reopens;         /* how often it is to go on once it failed */
	bool reopening;      /* it will */
	int64_t asked;       /* calls of models */
	struct str calls;    /* of a given one: what models were asked, JSON objects */
	struct str requests; /* likewise: what its tools sent */
};

/* What one commit does to one run. The rows are its own until they are stored. */
struct sim_unit {
	struct sim_run *run;
	struct held *held; /* the worker's, to be told */
	enum held_act act;
	int64_t epoch;
	int from;     /* HELD_ACT_TAKEOVER: whose it may be, beside nobody's */
	int64_t wake; /* of its entry */
	struct sim_row *rows;
	size_t rows_count;
	enum sim_status status; /* of an end */
	char *state;            /* owned, as the next; of an end */
	char *text;
	char *history;
	/* What came of it. */
	bool in;
	int64_t taken_epoch;
	bool cancel;
	bool parked;   /* HELD_ACT_PAUSE: it is */
	bool answered; /* somebody has answered, and nobody has read it */
	size_t past;   /* rows that a takeover found */
	struct sim_question *questions; /* owned: those that it found */
	size_t questions_count;
};

void sim_run_init(struct sim_world *world, struct sim_run *run, int number);
void sim_run_deinit(struct sim_run *run);
bool sim_run_ended(const struct sim_run *run);

/* The commit of an incarnation, as the guarded statements do it. */
void sim_store_apply(struct sim_world *world, struct sim_unit *unit, int incarnation);
void sim_unit_deinit(struct sim_unit *unit);
void sim_row_deinit(struct sim_row *row);
/* A run that failed and that nobody has goes on: with what failed, or at a step. */
void sim_store_reopen(struct sim_world *world, struct sim_run *run);
/* Somebody wants it to stop. */
void sim_store_cancel(struct sim_world *world, struct sim_run *run);

#endif
