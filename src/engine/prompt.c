/*
 * prompt.c - what a model is told for a step
 *
 * The task is the last user message, word for word as the definition has it; what helps
 * to understand it goes into the system message as sections divided by a line of three
 * dashes. Long values keep their head and their tail, two thirds and one, so that prompts
 * stay within bounds that follow from the number of input_keys.
 */
#include "engine/prompt.h"

#include "base/str.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "run/definition.h"
#include "run/jsontext.h"
#include "run/template.h"

#include <string.h>

#define GOAL_MAX    2000
#define CONTEXT_MAX 5000
#define MAP_MAX     50 /* steps shown */

static void add_cut(struct str *out, const char *text, size_t len, size_t max)
{
	size_t head, tail;

	if (len <= max) {
		str_add(out, text, len);
		return;
	}
	head = utf8_cut(text, len, max / 3 * 2);
	tail = utf8_cut(text, len, len - max / 3);
	str_add(out, text, head);
	str_printf(out, "\n[... %zu bytes left out ...]\n", tail - head);
	str_add(out, text + tail, len - tail);
}

static void add_value(struct str *out, const struct state_pair *pair, size_t max)
{
	struct str text = STR_INIT;

	jsontext_show(&text, pair->json, pair->json_len);
	add_cut(out, str_text(&text), text.len, max);
	str_deinit(&text);
}

static void add_role(const struct exec *exec, const struct definition_step *step,
		     struct str *out)
{
	str_printf(out,
		   "You carry out one step of a workflow. Answer with the step's result "
		   "alone.\n\nWorkflow: %s\nStep: %s\n",
		   exec->definition->name, step->name);
	if (step->output_key)
		str_printf(out, "Your answer is stored as: %s\n", step->output_key);
}

static void add_goal(const struct exec *exec, const struct scope *scope, struct str *out)
{
	const struct state_pair *goal = state_get(&scope->state, "user_input");

	if (*exec->definition->description) {
		str_add_text(out, "\n---\n\nPurpose of the workflow:\n");
		add_cut(out, exec->definition->description,
			strlen(exec->definition->description), GOAL_MAX);
		str_add_char(out, '\n');
	}
	if (!goal || !jsontext_truthy(goal->json, goal->json_len))
		return;
	str_add_text(out, "\n---\n\nMain goal, in the user's words:\n");
	add_value(out, goal, GOAL_MAX);
	str_add_char(out, '\n');
}

static void add_map(const struct exec *exec, const struct scope *scope,
		    const struct definition_step *step, struct str *out)
{
	const struct definition *definition = exec->definition;
	size_t shown =
		definition->steps_count < MAP_MAX ? definition->steps_count : MAP_MAX;
	size_t i;

	str_add_text(out, "\n---\n\nSteps of the workflow:\n");
	for (i = 0; i < shown; i++) {
		const struct definition_step *other = &definition->steps[i];

		str_printf(out, "%zu. %s (%s)", i + 1, other->name, other->type_name);
		if (other->output_key)
			str_printf(out, " -> %s", other->output_key);
		if (history_count(&scope->history, other) > 0)
			str_printf(out, ", done %d times",
				   history_count(&scope->history, other));
		str_add_text(out, other == step ? "   <- this step\n" : "\n");
	}
	if (shown < definition->steps_count)
		str_printf(out, "... and %zu more\n", definition->steps_count - shown);
}

static void add_context(const struct scope *scope, const struct definition_step *step,
			struct str *out)
{
	bool first = true;
	size_t i;

	for (i = 0; i < step->input_keys_count; i++) {
		const char *key = step->input_keys[i];
		const struct state_pair *pair = state_get(&scope->state, key);

		if (!pair || strcmp(key, "user_input") == 0)
			continue;
		if (first)
			str_add_text(out, "\n---\n\nContext from earlier steps:\n");
		first = false;
		str_printf(out, "\n[%s]\n", key);
		add_value(out, pair, CONTEXT_MAX);
		str_add_char(out, '\n');
	}
}

void prompt_system(const struct exec *exec, const struct scope *scope,
		   const struct definition_step *step, struct str *out)
{
	add_role(exec, step, out);
	add_goal(exec, scope, out);
	add_map(exec, scope, step, out);
	add_context(scope, step, out);
}

int prompt_task(const struct exec *exec, const struct scope *scope,
		const struct definition_step *step, struct str *out, struct err *err)
{
	size_t max = exec->engine->limits.output_max;
	const struct state_pair *input;

	if (step->prompt_template)
		return template_prompt(step->prompt_template, &scope->state, max, out,
				       err);
	input = state_get(&scope->state, "user_input");
	if (input)
		jsontext_show(out, input->json, input->json_len);
	if (out->len > max)
		return err_set(err, ERR_LIMIT, "user_input has more than %zu bytes", max);
	return 0;
}
