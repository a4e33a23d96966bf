/* sim_fold.h - journals folded, and told in a text that can be compared */
#ifndef TESTS_SIM_FOLD_H
#define TESTS_SIM_FOLD_H

#include "engine/fold.h"

#include <stddef.h>

struct exec;
struct held;
struct sim_run;
struct sim_world;
struct str;

/* Rows in a list of their own; the texts are somebody else's. */
struct sim_rows {
	struct fold_row *rows; /* owned */
	size_t count;
	char **closed; /* owned: lists of events that were still open */
	size_t closed_count;
};

/* The first n rows that the store has. */
void sim_rows_stored(struct sim_rows *rows, const struct sim_run *run, size_t n);
/* Those, and behind them what the worker has handed out and not heard of. */
void sim_rows_handed(struct sim_rows *rows, const struct sim_run *run,
		     const struct held *held);
void sim_rows_deinit(struct sim_rows *rows);

/* A journal that cannot be folded is broken. */
void sim_fold(struct sim_world *world, const struct sim_run *run,
	      const struct sim_rows *rows, struct fold *fold);
/* What a fold has, and what a run has: the same text if they agree. */
void sim_fold_tell(const struct fold *fold, struct str *out);
void sim_exec_tell(const struct exec *exec, struct str *out);

#endif
