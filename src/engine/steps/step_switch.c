/*
 * step_switch.c - steps of type switch: a value decides where the path goes on
 *
 * The value's text, as Python's str() has it, is looked up among the cases. The value
 * becomes the output, and the case that it has (or null) the decision, a key of the state
 * of its own that engine/route.c reads. It ends at once.
 */
#include "engine/steps/step_switch.h"

#include "base/jsonw.h"
#include "base/str.h"
#include "engine/evaluate.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/route.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"

#include <string.h>

static const char *matching(const struct definition_step *def, const struct str *text)
{
	size_t i;

	for (i = 0; i < def->switch_cases_count; i++) {
		const char *value = def->switch_cases[i].value;

		if (strlen(value) == text->len &&
		    memcmp(value, str_text(text), text->len) == 0)
			return value;
	}
	return NULL;
}

static void decide(struct step *step, const struct str *text, const struct str *json)
{
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	const char *matched = matching(step->def, text);
	struct str decision = STR_INIT;

	if (matched)
		jsonw_quote(&decision, matched, strlen(matched));
	else
		str_add_text(&decision, "null");
	if (step_put(step, str_text(json), json->len) &&
	    step_put_own(step, ROUTE_SWITCH_KEY, str_text(&decision), decision.len)) {
		event_switch_decided(&row->texts, &stamp, step->def,
				     (struct event_text){ str_text(text), text->len },
				     matched);
		row_add_event(row);
		runframe_done(&step->frame);
	}
	str_deinit(&decision);
}

static void start(struct runframe *frame)
{
	struct step *step = (struct step *)frame;
	struct str text = STR_INIT, json = STR_INIT;
	struct evaluate evaluate;

	if (evaluate_init(&evaluate, step, "switch_expression",
			  step->def->switch_expression) != EVALUATE_FAILED &&
	    evaluate_print(&evaluate, step, &text, &json) != EVALUATE_FAILED)
		decide(step, &text, &json);
	evaluate_deinit(&evaluate);
	str_deinit(&text);
	str_deinit(&json);
}

static void on_free(struct runframe *frame)
{
	(void)frame; /* it waits for nothing and holds nothing */
}

static const struct runframe_ops switch_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_switch_new(struct runframe *parent,
				 const struct definition_step *def)
{
	return step_alloc(&switch_ops, parent, def, sizeof(struct step));
}
