/* fold.h - what a run's journal says: what the run has, and where it goes on */
#ifndef ENGINE_FOLD_H
#define ENGINE_FOLD_H

#include "base/arena.h"
#include "engine/fold_node.h"
#include "engine/row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct err;

/* A row of run_steps as it was read; texts are borrowed for the call, NULL is none. */
struct fold_row {
	int64_t seq;
	const char *path;
	const char *step_id;
	const char *kind;
	const char *delta;
	const char *events; /* JSON list of [stream id, event] */
	const char *usage;
	const char *error;
};

/* What the run was given: the state before its first step. Borrowed for the call. */
struct fold_seed {
	struct definition *definition; /* outlives the fold */
	const char *message;
	size_t message_len;
	const char *inputs; /* JSON text of an object, NULL or "" for none */
	size_t inputs_len;
	size_t state_max; /* bytes */
	/* The orchestration that an inner run goes over, in that version: borrowed for
	 * the call. NULL: it is not here, and the fold ends with ERR_NOT_FOUND. No
	 * function: none ever is. */
	struct definition *(*inner)(void *data, const char *id, int64_t version);
	void *inner_data;
};

/* What an inner run goes over. */
struct fold_wanted {
	const char *id; /* NULL: nothing is */
	int64_t version;
};

struct fold {
	struct arena arena;
	struct fold_node *root; /* exec_resume() takes it */
	bool ended;             /* its last events are in: there is nothing to execute */
	struct usage usage;
	int64_t turns;       /* steps announced, on all paths */
	uint64_t seq;        /* of the newest durable event */
	uint32_t rows;       /* seq of the newest row */
	uint32_t rows_since; /* those behind the newest snapshot */
	/* Of the wall time: from the first to the last event of each epoch, summed. What
	 * an owner did between its last commit and its death is not known and not in it.
	 */
	int64_t spent_ms;
	int64_t resumes;           /* how often it failed and was to go on all the same */
	struct fold_wanted wanted; /* with ERR_NOT_FOUND: fold again when it is there */
	int64_t last_id_ms;        /* greatest stream id of the journal's events */
	uint32_t last_id_n;
};

/*
 * Fold n rows in any order: all that the journal has, or those from its newest snapshot
 * on, with the row before that (for the numbers of its events). ERR_INPUT when they are
 * not what an engine of this version writes for this definition (a hole, an unknown kind
 * or path, unreadable JSON), ERR_LIMIT when the state does not fit, ERR_NOT_FOUND when
 * a definition is wanted. The fold is to be given to fold_deinit() in either case.
 */
int fold_journal(struct fold *fold, const struct fold_seed *seed,
		 const struct fold_row *rows, size_t n, struct err *err);
void fold_deinit(struct fold *fold);

/* "<ms>-<n>" as a stream id; false when it is none. */
bool fold_stream_id(const char *text, int64_t *ms, uint32_t *n);

#endif
