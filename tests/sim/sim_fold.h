/* sim_fold.h - journals folded, and told in a text that can be compared */
#ifndef TESTS_SIM_FOLD_H
#define TESTS_SIM_FOLD_H

#include "base/arena.h"
#include "engine/fold.h"

#include <stdbool.h>
#include <stddef.h>

struct definition;
struct exec;
struct held;
struct rng;
struct sim_run;
struct scope;
struct sim_world;
struct str;

/* Rows in a list of their own; the texts are somebody else's. */
struct sim_rows {
	struct fold_row *rows; /* owned */
	size_t count;
	struct arena arena; /* events that were written for this list */
};

/* Of the first n rows that the store has what a takeover reads: those from the newest
 * snapshot on, and the one before. */
void sim_rows_read(struct sim_rows *rows, const struct sim_run *run, size_t n);
/* The first n rows that the store has. */
void sim_rows_stored(struct sim_rows *rows, const struct sim_run *run, size_t n);
/* Those, and behind them what the worker has handed out and not heard of. */
void sim_rows_handed(struct sim_rows *rows, const struct sim_run *run,
		     const struct held *held);
void sim_rows_deinit(struct sim_rows *rows);

/* A journal that cannot be folded is broken. */
void sim_fold(struct sim_world *world, struct sim_run *run, const struct sim_rows *rows,
	      struct fold *fold);
/* What a path sees, and the numbers of a run: the same text if a fold and it agree. */
void sim_tell_scope(const struct scope *scope, struct str *out);
void sim_tell_fold_numbers(const struct fold *fold, bool usage, struct str *out);
void sim_tell_exec_numbers(const struct exec *exec, bool usage, struct str *out);
/* All paths of a fold: where each stands, what it sees. */
void sim_tell_fold(const struct fold *fold, struct str *out);

/*
 * Rows of branches that could have come in another order do so, by the numbers of
 * `order`; rows and events are numbered anew. False when there are none. Texts are owned
 * then.
 */
bool sim_rows_shuffle(struct sim_rows *rows, const struct definition *definition,
		      struct rng *order);

#endif
