/*
 * step_llm.c - steps of type llm: one model call, no tools
 *
 * Its answer becomes the output.
 */
#include "engine/steps/step_llm.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/ask.h"
#include "engine/exec.h"
#include "engine/prompt.h"
#include "engine/recall.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/model.h"

struct step_llm {
	struct step step;
	struct ask ask;
};

static void on_answer(struct op *op)
{
	struct llm_call *call = mem_container(op, struct llm_call, op);
	struct ask *ask = mem_container(call, struct ask, call);
	struct step_llm *llm = mem_container(ask, struct step_llm, ask);
	const struct str *text = &call->answer.text;
	struct str entry = STR_INIT;

	if (!ask_take(ask, &llm->step))
		return;
	recall_print(&entry, &llm->step, str_text(text), text->len, "[]");
	if (step_put_text(&llm->step, str_text(text), text->len, true)) {
		recall_keep(&llm->step, &entry);
		runframe_done(&llm->step.frame);
	}
	str_deinit(&entry);
}

static void start(struct runframe *frame)
{
	struct step_llm *llm = (struct step_llm *)frame;
	const struct definition_step *def = llm->step.def;
	struct err err;

	if (!model_of(def->model)) {
		runframe_fail(frame, FAIL_JOB, "Step '%s' names no model", def->name);
		return;
	}
	if (prompt_task(frame->exec, step_scope(&llm->step), def, &llm->ask.task, &err) <
	    0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", def->name, err.text);
		return;
	}
	prompt_system(step_scope(&llm->step), walk_row(frame->parent)->path, def,
		      &llm->ask.system);
	ask_start(&llm->ask, &llm->step, NULL, 0);
}

static void on_free(struct runframe *frame)
{
	struct step_llm *llm = (struct step_llm *)frame;

	ask_deinit(&llm->ask);
}

static const struct runframe_ops llm_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_llm_new(struct runframe *parent, const struct definition_step *def)
{
	struct step_llm *llm = step_alloc(&llm_ops, parent, def, sizeof(*llm));

	ask_init(&llm->ask, &llm->step, on_answer);
	return &llm->step.frame;
}

/* A model that nobody knows is refused before anything is sent; until then it counts as
 * the careful case. */
bool step_llm_outside(const struct definition_step *def)
{
	const char *name = model_of(def->model);
	struct model model;

	return !name || model_parse(name, &model, NULL) < 0 || model_outside(&model);
}
