/* walk_in.h - the insides of a walk: for walk.c and its family alone */
#ifndef ENGINE_WALK_IN_H
#define ENGINE_WALK_IN_H

#include "base/backoff.h"
#include "base/str.h"
#include "engine/course.h"
#include "engine/runframe.h"
#include "engine/timers.h"
#include "engine/walk.h"

#include <stdbool.h>
#include <stdint.h>

struct definition_step;

enum walk_state {
	WALK_COMMIT,
	WALK_STEP,
	WALK_PAUSE,
	WALK_PARKED,
	WALK_ENDED,
};

struct walk {
	struct runframe frame;
	enum walk_state state;
	struct engine_row *row; /* owned; NULL in WALK_COMMIT and once taken */
	struct scope *scope;    /* what it sees and writes; borrowed */
	struct course course;
	struct str path;          /* "" for the root's */
	struct str place_text;    /* fields of its events, walk_place() */
	struct str nested_run_id; /* of the nearest nested orchestration it is in */
	struct str nested;        /* fields of its events: of that */
	struct str worker;        /* and of the nearest delegate or subtask */
	int orchestrations;       /* nested ones it is in */
	int loops;                /* of delegates and subtasks */
	int branch_index;         /* of the nearest branch it is in; -1 */
	int place;                /* of the step in the course's list; -1 */
	int *visits;              /* owned: of each step; NULL: a definition's own path */
	struct fold_node *resume; /* where it goes on; borrowed until it started */
	const struct definition_step *step;
	struct runframe *child; /* in WALK_STEP */
	struct op commit;
	struct timer timeout; /* of the attempt */
	struct timer pause;   /* before the next one */
	struct backoff backoff;
	int attempt; /* from 1 */
	int64_t started_at_ms;
	int64_t started_mono_ms;
	enum fail_class stop_class; /* FAIL_NONE: nobody wants it to stop */
	char *stop_reason;          /* owned */
	bool unlimited;             /* the step under way has no time limit but its own */
	bool acted; /* it did something; false: its end was in the journal */
};

static inline struct walk *walk_of(struct runframe *frame)
{
	return (struct walk *)frame;
}

static inline const struct walk *walk_in(const struct runframe *frame)
{
	return (const struct walk *)(const void *)frame;
}

/* A walk, its course not known yet. */
struct walk *walk_alloc(struct runframe *parent, struct scope *scope,
			struct engine_row *row, struct fold_node *resume);

/* ---- walk_tell.c ---- */

/* Why an attempt failed. */
struct walk_failure {
	enum fail_class class;
	const char *code; /* static, or NULL */
	char *error;      /* owned by whoever has the struct */
};

/* Column error of the row under way; step_id NULL: no step is to blame. */
void walk_tell_error(struct walk *walk, const char *step_id, enum fail_class class,
		     const char *code, const char *error);
/* The event of a failed attempt; retry_in_ms as event_step_error() has it. */
void walk_tell_failure(struct walk *walk, const struct walk_failure *failure,
		       int64_t retry_in_ms);
/* The step's execution into the history. */
void walk_add_history(struct walk *walk, enum fail_class class, const char *error);
/* How far an agent's execution has come is forgotten. */
void walk_end_progress(struct walk *walk);

#endif
