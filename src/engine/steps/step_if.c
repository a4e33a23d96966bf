/*
 * step_if.c - steps of type if_else: a condition decides where the path goes on
 *
 * The condition's truth becomes the output, and as "true" or "false" the decision, a key
 * of the state of its own that engine/route.c reads. It ends at once.
 */
#include "engine/steps/step_if.h"

#include "engine/evaluate.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/route.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"

#include <string.h>

static void decide(struct step *step, bool truth)
{
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	const char *output = truth ? "true" : "false";
	const char *decision = truth ? "\"true\"" : "\"false\"";

	if (!step_put(step, output, strlen(output)) ||
	    !step_put_own(step, ROUTE_IF_KEY, decision, strlen(decision)))
		return;
	event_if_decided(&row->texts, &stamp, step->def, truth);
	row_add_event(row);
	runframe_done(&step->frame);
}

static void start(struct runframe *frame)
{
	struct step *step = (struct step *)frame;
	struct evaluate evaluate;

	if (evaluate_init(&evaluate, step, "if_condition", step->def->if_condition) !=
	    EVALUATE_FAILED)
		decide(step, expr_truth(&evaluate.value));
	evaluate_deinit(&evaluate);
}

static void on_free(struct runframe *frame)
{
	(void)frame; /* it waits for nothing and holds nothing */
}

static const struct runframe_ops if_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_if_new(struct runframe *parent, const struct definition_step *def)
{
	return step_alloc(&if_ops, parent, def, sizeof(struct step));
}
