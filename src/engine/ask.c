/*
 * ask.c - a model asked by a step
 *
 * Two messages: what the model should know (system) and the task itself (user). All calls
 * of one execution share its time: the deadline is that of the first.
 */
#include "engine/ask.h"

#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/model.h"

#include <string.h>

#define KEEP_BYTES 4096

void ask_init(struct ask *ask, const struct step *step, void (*resume)(struct op *op))
{
	call_init(&ask->call, step, resume);
}

static void forget_answer(struct ask *ask)
{
	struct llm_answer *answer = &ask->call.answer;

	call_answer_deinit(answer);
	memset(answer, 0, sizeof(*answer));
	ask->call.request.ask++;
}

static void fill_request(struct ask *ask, const struct step *step)
{
	struct llm_request *request = &ask->call.request;
	struct engine *engine = step->frame.exec->engine;
	const struct engine_row *row = walk_row(step->frame.parent);
	int64_t limit_ms = step->def->timeout_ms ? step->def->timeout_ms
						 : engine->limits.step_timeout_ms;

	request->model = model_of(step->def->model);
	request->messages = ask->messages;
	request->count = 2;
	request->deadline_mono_ms = engine_mono_ms(engine) + limit_ms;
	request->answer_max = engine->limits.output_max;
	str_reset(&ask->key_path, KEEP_BYTES);
	walk_key_path(step->frame.parent, &ask->key_path);
	request->path = row->path;
	request->key_path = str_text(&ask->key_path);
	request->execution = row->execution;
}

void ask_start(struct ask *ask, struct step *step, const struct llm_tool *tools,
	       size_t tools_count)
{
	if (ask->call.request.model)
		forget_answer(ask);
	else
		fill_request(ask, step);
	ask->messages[0] = (struct llm_message){ .role = LLM_SYSTEM,
						 .text = str_text(&ask->system),
						 .len = ask->system.len };
	ask->messages[1] = (struct llm_message){ .role = LLM_USER,
						 .text = str_text(&ask->task),
						 .len = ask->task.len };
	ask->call.request.tools = tools;
	ask->call.request.tools_count = tools_count;
	step_think(step, "calling model");
	call_start(&ask->call);
}

bool ask_take(struct ask *ask, struct step *step)
{
	const struct llm_answer *answer = &ask->call.answer;

	call_flush(&ask->call);
	step_add_usage(step, ask->call.request.model, &answer->usage);
	if (answer->class == FAIL_NONE)
		return true;
	step_fail(step, answer->class, str_text(&answer->text), answer->text.len);
	return false;
}

void ask_deinit(struct ask *ask)
{
	call_deinit(&ask->call);
	str_deinit(&ask->system);
	str_deinit(&ask->task);
	str_deinit(&ask->key_path);
}
