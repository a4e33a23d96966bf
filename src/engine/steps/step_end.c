/*
 * step_end.c - steps of type end: the run is complete
 *
 * Nothing follows it, whatever its next_step_id says; it has no step_complete and no
 * entry in the history (CONTRACT 5.6).
 */
#include "engine/steps/step_end.h"

#include "engine/event.h"
#include "engine/exec.h"
#include "engine/step.h"
#include "engine/walk.h"

static void start(struct runframe *frame)
{
	struct step *step = (struct step *)frame;
	struct engine_row *row = walk_row(frame->parent);
	struct event_stamp stamp = exec_stamp(frame->exec);

	if (walk_inner_depth(frame->parent, INNER_ORCHESTRATION) == 0) {
		event_orchestration_end(&row->texts, &stamp, step->def);
		row_add_event(row);
	}
	frame->stops = true;
	runframe_done(frame);
}

static void on_free(struct runframe *frame)
{
	(void)frame; /* it waits for nothing and holds nothing */
}

static const struct runframe_ops end_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_end_new(struct runframe *parent, const struct definition_step *def)
{
	return step_alloc(&end_ops, parent, def, sizeof(struct step));
}
