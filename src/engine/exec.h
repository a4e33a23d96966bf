/* exec.h - one run in execution */
#ifndef ENGINE_EXEC_H
#define ENGINE_EXEC_H

#include "base/arena.h"
#include "base/list.h"
#include "engine/op.h"
#include "engine/row.h"
#include "engine/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct definition_step;
struct engine;
struct err;
struct event_stamp;
struct runframe;
struct fold;
struct fold_node;

/* What a fresh run starts from. All is borrowed for the call of exec_new(); texts are
 * copied, the definition is referenced. */
struct exec_start {
	const char *run_id;
	const char *worker_id; /* registry name, for worker_picked_up */
	struct definition *definition;
	const char *message; /* valid UTF-8 */
	size_t message_len;
	const char
		*inputs; /* JSON object text merged into the state; NULL or "" for none */
	size_t inputs_len;
	uint64_t epoch; /* of its events: what the takeover gave; 1 for a lazy run */
	uint64_t seq;   /* durable events so far: 0 for a fresh run */
	void *job;      /* the host's own */
};

/* A run. For readers: run_id, job, epoch, seq, step, status. */
struct exec {
	struct engine *engine;
	struct arena arena; /* what lives as long as the run */
	struct list ready;  /* in engine->ready */
	struct list done;   /* completed ops to resume */
	const char *run_id;
	const char *worker_id;
	void *job; /* the host's; it may change it */
	struct definition *definition;
	uint64_t epoch;
	uint64_t seq;                       /* of the last durable event handed out */
	uint64_t sub;                       /* of the last live event behind seq */
	const struct definition_step *step; /* the top-level one under way, or NULL */
	struct scope *scope;                /* of the root's path; owned */
	struct usage usage;
	enum run_status status; /* RUN_RUNNING until the end was handed out */
	struct runframe *root;
	struct list scopes;         /* of branches and inner runs, for exec_bytes() */
	int64_t turns;              /* steps started, on all paths */
	size_t frame_bytes;         /* of the frames that there are */
	struct engine_final *final; /* ended, to be handed out when its code is left */
	struct err *seed_error;   /* in the arena: why there is no state to start with */
	struct fold_node *resume; /* where it goes on; owned; NULL: it is fresh */
	int64_t spent_ms;         /* of its wall time, by owners before */
	int64_t resumes;          /* as fold.resumes */
	bool cancel_wanted;
	bool cancel_told;    /* the root knows */
	bool doomed;         /* exec_free() came while its code was on the CPU */
	int64_t first_ts;    /* wall clock at its first row here */
	uint32_t rows_since; /* handed out since the newest snapshot */
	size_t delta_bytes;  /* of their deltas */
	bool giving_up;      /* paths are, and their rows handed out: no snapshot */
	bool started;
	bool parked;      /* its host was told */
	bool pausing;     /* it stands still: its host parks it */
	struct op looked; /* whether all paths wait is looked at soon */
};

/*
 * Make a run and put it on the ready list; nothing is executed or reported before the
 * next pump. It cannot fail: what is wrong with the input (inputs that are no object, a
 * state too large) makes a run that fails at once, with its events.
 */
struct exec *exec_new(struct engine *engine, const struct exec_start *start);

/*
 * The same for a run whose journal was folded; its message and inputs are in the fold,
 * those of start are not read, and its seq neither. The first row is of kind start: the
 * worker that picked the run up, and what follows from the journal. Not for one that has
 * ended. The fold is the caller's still, without its nodes, and may go.
 */
struct exec *exec_resume(struct engine *engine, const struct exec_start *start,
			 struct fold *fold);

/*
 * Stop it as soon as its code can be entered: calls in flight are abandoned, the run ends
 * cancelled through host->end, unless its end was handed out before. Harmless when
 * repeated.
 */
void exec_cancel(struct exec *exec);

/*
 * Forget the run, at any moment: ops in flight are abandoned, nothing more is handed out.
 * From inside a host function called for this run it takes effect when the pump leaves
 * it. NULL is fine.
 */
void exec_free(struct exec *exec);

/* It was not parked (engine_host.pause): it goes on, and the row of its pause is none. */
void exec_unpause(struct exec *exec);

/* Look soon whether all paths wait for people, in case that nobody did. */
void exec_look(struct exec *exec);

/* Bytes that the run holds now: arena, state, frames. */
size_t exec_bytes(const struct exec *exec);

/* For the engine's own modules: */

/* On the ready list, unless its code is on the CPU anyway. */
void exec_ready(struct exec *exec);
/* One turn on the CPU; returns the steps made. */
int exec_turn(struct exec *exec);
struct event_stamp exec_stamp(const struct exec *exec);
/* Number the row's events and hand it out; the op is idle and completes when it is in.
 * NULL: nobody waits for it. */
void exec_commit(struct exec *exec, struct engine_row *row, struct op *op);
/* A path stands between two steps, since the engine drains, or waits for people: when all
 * do, the run is parked. */
void exec_park(struct exec *exec);
/* Number the last row's events; it is handed out when the run's code is left. */
void exec_end(struct exec *exec, struct engine_final *final);
/* Close an open event and hand it out as a live one; text is emptied. place is what
 * row_set_place() has of the path, NULL for the root's. */
void exec_live(struct exec *exec, const char *place, struct str *text);

#endif
