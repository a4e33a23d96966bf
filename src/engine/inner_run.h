/* inner_run.h - the inner runs of a step: paths over definitions of their own */
#ifndef ENGINE_INNER_RUN_H
#define ENGINE_INNER_RUN_H

#include "base/list.h"
#include "base/str.h"
#include "engine/inner.h"
#include "run/fail.h"

#include <stdbool.h>

struct definition;
struct definition_step;
struct err;
struct fold_node;
struct runframe;
struct scope;
struct step;

struct inner_run {
	struct list node; /* in inner_runs.list */
	size_t index;
	enum inner_kind kind;
	struct scope *scope;                /* owned */
	struct runframe *walk;              /* while it runs; the step's child */
	const struct definition_step *last; /* its newest, once it ended */
	bool stopped;                       /* by an end step */
	enum fail_class class;              /* FAIL_NONE: text is what it came to */
	struct str text;                    /* or why it failed */
	void (*ended)(struct inner_run *run);
	void *own; /* whoever began it */
};

/* Embedded in the step's frame. */
struct inner_runs {
	struct step *step;
	struct fold_node *resume; /* where the step stood that goes on; borrowed; NULL */
	struct list list;
};

/* In the step's start(). */
void inner_runs_init(struct inner_runs *runs, struct step *step);
/* In its free(): the frames are gone by then. */
void inner_runs_deinit(struct inner_runs *runs);
/* All have ended and their outcomes were read: they are forgotten. */
void inner_runs_clear(struct inner_runs *runs);

/* An owner before had begun it, so its definition is here. */
bool inner_runs_found(const struct inner_runs *runs, size_t index);
/*
 * Begin it, or go on with it. definition is borrowed; NULL when inner_runs_found(). ended
 * comes from the pump, behind the step's child_done(). ERR_LIMIT: its input does not fit
 * into a state.
 */
int inner_run_begin(struct inner_runs *runs, const struct inner *inner,
		    struct definition *definition, void (*ended)(struct inner_run *run),
		    void *own, struct inner_run **ret, struct err *err);

/* The step's frame functions (engine/runframe.h); settled: of these. */
void inner_runs_child_done(struct inner_runs *runs, struct runframe *child);
void inner_runs_abandon(struct inner_runs *runs);
bool inner_run_parked(const struct inner_run *run);
bool inner_runs_settled(const struct inner_runs *runs);
void inner_runs_stand(const struct inner_runs *runs, struct fold_node *node);

#endif
