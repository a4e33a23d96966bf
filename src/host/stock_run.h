/* stock_run.h - a run that a stock program left waiting, or failed, as a journal */
#ifndef HOST_STOCK_RUN_H
#define HOST_STOCK_RUN_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct definition;
struct json;

/* What a stock program says of such a run: its checkpoint (CONTRACT 5.3), or its row. */
struct stock_run {
	const char *run_id;
	const char *step_id;        /* that asks, or failed */
	const char *prompt;         /* NULL: none */
	const char *failed;         /* what went wrong; NULL: it waits for people */
	const struct json *state;   /* object */
	const struct json *history; /* list */
	int64_t now_ms;
	size_t state_max;
	size_t event_max;
};

/*
 * Two rows with which a fold stands where that program stood: the question (kind wait; of
 * a failed run a step without events), and a snapshot. They are rows 2 and 3 of the
 * journal: one that has row 1 is folded from there.
 */
#define STOCK_RUN_SEQ 2

struct stock_journal {
	struct str events;   /* of the first: one, as JSON text; failed: empty */
	struct str snapshot; /* delta of the second */
	struct str path;     /* of the question; its step is on the run's own path */
	int execution;
};

/* ret is empty, and deinit is the caller's in any case. ERR_INPUT: the definition has no
 * such step, or it asks nobody, or what the program left is none of a run. ERR_LIMIT. */
int stock_run_journal(const struct stock_run *run, struct definition *definition,
		      struct stock_journal *ret, struct err *err);
void stock_journal_deinit(struct stock_journal *journal);

#endif
