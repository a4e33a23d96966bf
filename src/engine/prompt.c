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
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/prompt_cut.h"
#include "engine/prompt_map.h"
#include "run/definition.h"
#include "run/jsontext.h"
#include "run/template.h"

#include <string.h>

#define GOAL_MAX    2000
#define CONTEXT_MAX 5000

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

static void add_goal(const struct scope *scope, struct str *out)
{
	const struct state_pair *goal = state_get(&scope->state, "user_input");

	if (!goal || !jsontext_truthy(goal->json, goal->json_len))
		return;
	str_add_text(out, "\n---\n\nMain goal, in the user's words:\n");
	prompt_cut_value(out, goal, GOAL_MAX);
	str_add_char(out, '\n');
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
		prompt_cut_value(out, pair, CONTEXT_MAX);
		str_add_char(out, '\n');
	}
}

void prompt_system(const struct exec *exec, const struct scope *scope,
		   const struct definition_step *step, struct str *out)
{
	add_role(exec, step, out);
	add_goal(scope, out);
	add_context(scope, step, out);
	str_add_text(out, "\n---\n\n");
	prompt_map(out, exec->definition, scope, step);
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
