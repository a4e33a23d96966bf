/* walk.h - the frame of a path: one step after the other along the graph */
#ifndef ENGINE_WALK_H
#define ENGINE_WALK_H

#include "run/fail.h"

struct engine_row;
struct runframe;
struct scope;

/*
 * A path from the entry step (NULL: no step at all) until nothing follows. Takes the row,
 * which the first step's start rides in. When the frame has ended its parent takes the
 * last row, not handed out yet, with walk_take_row().
 */
struct runframe *walk_new(struct runframe *parent, const char *entry_step_id,
			  struct engine_row *row);

/* Stop as soon as no commit is in flight: the step under way is freed, the frame ends
 * with that class. Harmless when it ended already. */
void walk_stop(struct runframe *frame, enum fail_class class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The row under way, for steps: of their parent. Borrowed. */
struct engine_row *walk_row(struct runframe *frame);
/* What its steps see and write, and how its events tell where they are (exec_live()). */
struct scope *walk_scope(const struct runframe *frame);
const char *walk_place(const struct runframe *frame);
struct engine_row *walk_take_row(struct runframe *frame);

#endif
