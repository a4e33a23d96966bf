/* walk.h - the frame of a path: one step after the other along the graph */
#ifndef ENGINE_WALK_H
#define ENGINE_WALK_H

#include "engine/inner.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stddef.h>

struct definition_step;
struct engine_row;
struct fold_node;
struct op;
struct runframe;
struct scope;
struct step;
struct str;

/*
 * The root's path, from the definition's entry step until nothing follows, or from where
 * `resume` stands (borrowed until the step under way there has begun; NULL: fresh). Takes
 * the row, which the first step's start rides in. When the frame has ended its parent
 * takes the last row, not handed out yet, with walk_take_row() or walk_hand_out().
 */
struct runframe *walk_new(struct runframe *parent, struct engine_row *row,
			  struct fold_node *resume);

/*
 * A path inside a step: branch or iteration `index`. The scope is borrowed. Takes the
 * row; NULL: one of its own, of kind start. The events that are added to it from here on
 * are of this path.
 */
struct runframe *walk_new_inside(struct step *step, size_t index, struct scope *scope,
				 struct engine_row *row, struct fold_node *resume);

/*
 * The path of an inner run (engine/inner.h), over the definition of the scope, which is
 * borrowed as well.
 */
struct runframe *walk_new_inner(struct step *step, const struct inner *inner,
				struct scope *scope, struct fold_node *resume);
/* For a step that begins, of its parent: where that stands, while the run lives; NULL: it
 * is fresh. */
struct fold_node *walk_resumed(const struct runframe *frame);
/* How many inner runs of that sort the path is in: orchestrations, or loops of agents. */
int walk_inner_depth(const struct runframe *frame, enum inner_kind kind);

/* For a step that begins, of its parent: where a path inside it stands; NULL: it did not
 * begin. The newest: the one with the greatest index. */
struct fold_node *walk_resume(const struct runframe *frame, size_t index);
struct fold_node *walk_resume_newest(const struct runframe *frame);

/* Stop as soon as no commit is in flight: the step under way is freed, the frame ends
 * with that class. Harmless when it ended already. */
void walk_stop(struct runframe *frame, enum fail_class class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* For a step that has paths inside: no time limit but the one that it names. */
void walk_lift_limit(struct runframe *frame);
/* For the same: the journal says that it has asked people. */
bool walk_resume_asked(const struct runframe *frame);
/*
 * The step under way asks people: the row under way, with the question, goes to the
 * journal as one of kind wait, another one is under way behind it. The op is idle and
 * completes when that is durable.
 */
void walk_commit_wait(struct runframe *frame, struct op *op);

/* The row under way, for steps: of their parent. Borrowed. */
struct engine_row *walk_row(struct runframe *frame);
/*
 * A turn of the step under way is done: the row under way goes to the journal as one of
 * kind turn, another one is under way behind it. The op is idle and completes when the
 * turn is durable; what comes then may reach outside.
 */
void walk_commit_turn(struct runframe *frame, struct op *op);
/* What its steps see and write, and how its events tell where they are (exec_live()). */
struct scope *walk_scope(const struct runframe *frame);
const char *walk_place(const struct runframe *frame);
/* "p1#0/s4": of the step under way, ids percent-encoded; appended. */
void walk_step_path(const struct runframe *frame, struct str *out);
/*
 * The same with the executions of the steps that it is inside of, from the second one on
 * ("p1@2#0/s4"), and their attempts ("a1+2#0/s4"): executions inside are counted anew
 * where a branch of an earlier one failed, so the path alone does not tell a repetition
 * from a new call.
 */
void walk_key_path(const struct runframe *frame, struct str *out);
/* How many paths of this definition are inside one another here, from 1. */
int walk_depth(const struct runframe *frame);
/* It ended, and did something here: false when its end was in the journal already. */
bool walk_has_acted(const struct runframe *frame);
/* The path whose end step ended the run, this one or one inside. */
struct runframe *walk_ender(struct runframe *frame);
/* The newest step of the path; NULL: it had none. */
const struct definition_step *walk_step(const struct runframe *frame);
/* Give the row under way to the journal, unless there is none or nothing in it. */
void walk_hand_out(struct runframe *frame);
struct engine_row *walk_take_row(struct runframe *frame);

#endif
