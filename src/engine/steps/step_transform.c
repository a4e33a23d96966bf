/*
 * step_transform.c - steps of type transform: Python of the definition makes a value
 *
 * The code sees the state as it is when the step starts, and a copy of it: only what it
 * leaves in `result` comes back. Who executes it, and within which walls, is the host's
 * business; from here a call is done, failed or abandoned. It is repeated by whoever
 * has the run next when this worker dies before the step's row is committed.
 */
#include "engine/steps/step_transform.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"

#include <string.h>

struct step_transform {
	struct step step;
	struct code_call call;
	struct str state;
};

/* Of a worker: set once at its start. */
static bool reaches_outside;

static void tell(struct step *step, const struct event_text *result)
{
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	struct engine_row *row = walk_row(step->frame.parent);

	event_transform_result(&row->texts, &stamp, step->def, result);
	row_add_event(row);
}

/* null is no result: the key keeps what it has (CONTRACT 5.7). */
static void finish(struct step *step, const struct code_answer *answer)
{
	const struct str *json = &answer->json;

	if (strcmp(str_text(json), "null") == 0) {
		tell(step, NULL);
		runframe_done(&step->frame);
	} else if (step_put(step, str_text(json), json->len)) {
		tell(step,
		     &(struct event_text){ str_text(&answer->text), answer->text.len });
		runframe_done(&step->frame);
	}
}

static void on_answer(struct op *op)
{
	struct code_call *call = mem_container(op, struct code_call, op);
	struct step_transform *transform =
		mem_container(call, struct step_transform, call);
	const struct code_answer *answer = &call->answer;

	str_deinit(&transform->state);
	if (answer->class == FAIL_NONE)
		finish(&transform->step, answer);
	else
		step_fail(&transform->step, answer->class, str_text(&answer->text),
			  answer->text.len);
}

static void fill_request(struct step_transform *transform)
{
	struct code_request *request = &transform->call.request;
	const struct definition_step *def = transform->step.def;
	struct exec *exec = transform->step.frame.exec;
	const struct engine_limits *limits = &exec->engine->limits;

	state_print(&step_scope(&transform->step)->state, &transform->state);
	request->code = def->transform_code;
	request->code_len = strlen(def->transform_code);
	request->state = str_text(&transform->state);
	request->state_len = transform->state.len;
	request->answer_max = limits->output_max;
	request->show_max = limits->event_max;
	request->deadline_mono_ms =
		engine_mono_ms(exec->engine) +
		(def->timeout_ms ? def->timeout_ms : limits->step_timeout_ms);
}

static void start(struct runframe *frame)
{
	struct step_transform *transform = (struct step_transform *)frame;
	struct step *step = &transform->step;
	struct engine *engine = frame->exec->engine;

	if (!step->def->transform_code) {
		step_warn(step, "transform_code is empty");
		tell(step, NULL);
		runframe_done(frame);
		return;
	}
	if (!engine->host->code) {
		runframe_fail(frame, FAIL_INTERNAL, "Step '%s': no code is executed here",
			      step->def->name);
		return;
	}
	fill_request(transform);
	op_launch(&transform->call.op);
	engine->host->code(engine->host_data, frame->exec, &transform->call);
}

static void on_free(struct runframe *frame)
{
	struct step_transform *transform = (struct step_transform *)frame;

	op_detach(&transform->call.op);
	str_deinit(&transform->state);
	str_deinit(&transform->call.answer.json);
	str_deinit(&transform->call.answer.text);
}

static const struct runframe_ops transform_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_transform_new(struct runframe *parent,
				    const struct definition_step *def)
{
	struct step_transform *transform =
		step_alloc(&transform_ops, parent, def, sizeof(*transform));

	op_init(&transform->call.op, parent->exec, on_answer);
	transform->call.step_id = def->id;
	return &transform->step.frame;
}

bool step_transform_outside(const struct definition_step *def)
{
	(void)def;
	return reaches_outside;
}

void step_transform_set_outside(bool outside)
{
	reaches_outside = outside;
}
