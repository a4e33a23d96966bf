/*
 * step_llm.c - steps of type llm: one model call, no tools
 *
 * Two messages: what the model should know (system) and the task itself (user). The texts
 * live in the frame until the answer is in, since the provider borrows them.
 */
#include "engine/steps/step_llm.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/prompt.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/model.h"

struct step_llm {
	struct step step;
	struct llm_call call;
	struct llm_message messages[2];
	struct str system;
	struct str task;
};

static void on_answer(struct op *op)
{
	struct llm_call *call = mem_container(op, struct llm_call, op);
	struct step_llm *llm = mem_container(call, struct step_llm, call);
	struct step *step = &llm->step;
	const struct llm_answer *answer = &call->answer;

	call_flush(call);
	step_add_usage(step, call->request.model, &answer->usage);
	if (answer->class != FAIL_NONE)
		step_fail(step, answer->class, str_text(&answer->text), answer->text.len);
	else
		step_succeed(step, str_text(&answer->text), answer->text.len, true);
}

static void fill_request(struct step_llm *llm)
{
	struct llm_request *request = &llm->call.request;
	const struct definition_step *def = llm->step.def;
	struct engine *engine = llm->step.frame.exec->engine;
	const struct engine_row *row = walk_row(llm->step.frame.parent);
	int64_t limit_ms =
		def->timeout_ms ? def->timeout_ms : engine->limits.step_timeout_ms;

	llm->messages[0] = (struct llm_message){ LLM_SYSTEM, str_text(&llm->system),
						 llm->system.len };
	llm->messages[1] =
		(struct llm_message){ LLM_USER, str_text(&llm->task), llm->task.len };
	request->model = def->model;
	request->messages = llm->messages;
	request->count = 2;
	request->deadline_mono_ms = engine_mono_ms(engine) + limit_ms;
	request->answer_max = engine->limits.output_max;
	request->path = row->path;
	request->execution = row->execution;
}

static void start(struct runframe *frame)
{
	struct step_llm *llm = (struct step_llm *)frame;
	const struct definition_step *def = llm->step.def;
	struct err err;

	if (!def->model) {
		runframe_fail(frame, FAIL_JOB, "Step '%s' names no model", def->name);
		return;
	}
	if (prompt_task(frame->exec, step_scope(&llm->step), def, &llm->task, &err) < 0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", def->name, err.text);
		return;
	}
	prompt_system(frame->exec, step_scope(&llm->step), def, &llm->system);
	step_think(&llm->step, "calling model");
	fill_request(llm);
	call_start(&llm->call);
}

static void on_free(struct runframe *frame)
{
	struct step_llm *llm = (struct step_llm *)frame;

	call_deinit(&llm->call);
	str_deinit(&llm->system);
	str_deinit(&llm->task);
}

static const struct runframe_ops llm_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_llm_new(struct runframe *parent, const struct definition_step *def)
{
	struct step_llm *llm = step_alloc(&llm_ops, parent, def, sizeof(*llm));

	call_init(&llm->call, &llm->step, on_answer);
	return &llm->step.frame;
}

/* A model that nobody knows is refused before anything is sent; until then it counts as
 * the careful case. */
bool step_llm_outside(const struct definition_step *def)
{
	struct model model;

	return !def->model || model_parse(def->model, &model, NULL) < 0 ||
	       model_outside(&model);
}
