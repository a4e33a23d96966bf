/* snapshot.h - all that a journal says of a run, in one row of it */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct exec;
struct fold;
struct fold_inner;
struct fold_node;
struct str;

/*
 * A row of kind snapshot comes when limits.snapshot_rows have passed since the last one,
 * or when their deltas have so many bytes and as many times those of the state.
 */
#define SNAPSHOT_BYTES       ((size_t)256 * 1024)
#define SNAPSHOT_STATE_TIMES 4

/* Times that a snapshot says beside the fold's own fields. */
struct snapshot_clock {
	int64_t epoch;    /* of its owner */
	int64_t first_ts; /* when that one's events began; epoch ms */
	int64_t now_ts;
};

/* The row's delta: a JSON object with what a fold of all rows before has. */
void snapshot_print(const struct fold *fold, const struct snapshot_clock *clock,
		    struct str *out);

/*
 * Read it into a fold whose root is fresh and whose state is empty: its nodes, counters
 * and usage. ERR_INPUT when no engine of this version wrote it for this definition,
 * ERR_LIMIT when the state does not fit, ERR_NOT_FOUND as fold_journal().
 */
int snapshot_read(struct fold *fold, const char *text, struct snapshot_clock *clock,
		  struct fold_inner *inner, struct err *err);

/*
 * For exec.c: hand one out if it is due, and nothing of the run waits to be handed out,
 * so that the run is what its journal says.
 */
void snapshot_if_due(struct exec *exec);

#endif
