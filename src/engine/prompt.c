/*
 * prompt.c - what a model is told for a step (CONTRACT 5.8)
 *
 * The task is the user's message, word for word as the definition has it. All else goes
 * into the system message: stock puts most of it before the task, but then what a model
 * is asked for has no place of its own. Sections are divided by a line of three dashes:
 *
 *	a banner                    when it is executed again
 *	role, main goal
 *	why, previous output, revisions, how to proceed   (prompt_again.c)
 *	answer of a person          when a human step came before
 *	results of the loop         (prompt_again.c)
 *	context                     answers of people, then the input_keys
 *	workflow and position       (prompt_map.c)
 *
 * Long values are cut (prompt_cut.c), so that prompts stay within bounds that follow from
 * the number of input_keys. All of it is a function of definition, state, history and
 * path: the same for whoever executes the step.
 */
#include "engine/prompt.h"

#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/prompt_again.h"
#include "engine/prompt_cut.h"
#include "engine/prompt_map.h"
#include "engine/recall.h"
#include "engine/scope.h"
#include "run/definition.h"
#include "run/jsontext.h"
#include "run/template.h"

#include <stdbool.h>
#include <string.h>

#define GOAL_MAX    2000
#define CONTEXT_MAX 5000
#define HUMAN_MAX   3000

static void add_banner(const struct scope *scope, const struct definition_step *step,
		       struct str *out)
{
	int count = history_count(&scope->history, step);

	if (count > 0)
		str_printf(out, "[This step is executed again: execution number %d]\n\n",
			   count + 1);
}

static void add_origin(const struct recall *recall, struct str *out)
{
	switch (recall->origin) {
	case RECALL_ENTRY:
		str_add_text(out, "Reached: the workflow starts here\n");
		break;
	case RECALL_LINEAR:
		str_printf(out, "Reached: behind step '%s'\n", recall->from->name);
		break;
	case RECALL_EVALUATOR:
		str_printf(out, "Reached: by a decision of step '%s'\n",
			   recall->from->name);
		break;
	case RECALL_HUMAN:
		str_printf(out, "Reached: behind a person's answer to '%s'\n",
			   recall->from->name);
		break;
	case RECALL_LOOP:
		str_printf(out, "Reached: iteration %lld of %lld of loop '%s'\n",
			   (long long)recall->iteration,
			   (long long)recall->loop->loop_count, recall->loop->name);
		break;
	}
}

static void add_role(const struct scope *scope, const struct definition_step *step,
		     const struct recall *recall, struct str *out)
{
	str_printf(out,
		   "You carry out one step of a workflow. Answer with the step's result "
		   "alone.\n\nWorkflow: %s\nStep: %s\n",
		   scope->definition->name, step->name);
	if (step->output_key)
		str_printf(out, "Your answer is stored as: %s\n", step->output_key);
	add_origin(recall, out);
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

static void add_answer(const struct scope *scope, const struct recall *recall,
		       struct str *out)
{
	const struct state_pair *pair = state_get(&scope->state, "human_response");

	if (recall->origin != RECALL_HUMAN || !pair)
		return;
	str_add_text(out, "\n---\n\nThe person's answer:\n");
	prompt_cut_value(out, pair, HUMAN_MAX);
	str_add_char(out, '\n');
}

/* The first step that writes the key; NULL: none does. */
static const struct definition_step *writer_of(const struct definition *definition,
					       const char *key)
{
	size_t i;

	for (i = 0; i < definition->steps_count; i++)
		if (definition->steps[i].output_key &&
		    strcmp(definition->steps[i].output_key, key) == 0)
			return &definition->steps[i];
	return NULL;
}

struct context {
	const struct definition *definition;
	const struct scope *scope;
	struct str *out;
	bool begun;
};

static void add_key(struct context *context, const char *key, size_t max)
{
	const struct state_pair *pair = state_get(&context->scope->state, key);
	const struct definition_step *writer = writer_of(context->definition, key);

	if (!pair)
		return;
	if (!context->begun)
		str_add_text(context->out, "\n---\n\nContext from earlier steps:\n");
	context->begun = true;
	str_printf(context->out, "\n[%s]", key);
	if (writer)
		str_printf(context->out, " by step '%s'", writer->name);
	str_add_char(context->out, '\n');
	prompt_cut_value(context->out, pair, max);
	str_add_char(context->out, '\n');
}

static bool is_input(const struct definition_step *step, const char *key)
{
	size_t i;

	for (i = 0; i < step->input_keys_count; i++)
		if (strcmp(step->input_keys[i], key) == 0)
			return true;
	return false;
}

/* Answers of people are always in it; what a step asks for comes behind. */
static void add_context(const struct scope *scope, const struct definition_step *step,
			struct str *out)
{
	struct context context = { scope->definition, scope, out, false };
	size_t i;

	for (i = 0; i < scope->definition->steps_count; i++) {
		const struct definition_step *other = &scope->definition->steps[i];

		if (other->type == STEP_HUMAN && other->output_key &&
		    !is_input(step, other->output_key))
			add_key(&context, other->output_key, HUMAN_MAX);
	}
	for (i = 0; i < step->input_keys_count; i++)
		if (strcmp(step->input_keys[i], "user_input") != 0)
			add_key(&context, step->input_keys[i], CONTEXT_MAX);
}

void prompt_system(const struct scope *scope, const char *path,
		   const struct definition_step *step, struct str *out)
{
	struct recall recall;

	recall_init(&recall, scope->definition, scope, path);
	add_banner(scope, step, out);
	add_role(scope, step, &recall, out);
	add_goal(scope, out);
	prompt_again(out, scope, step, &recall);
	add_answer(scope, &recall, out);
	prompt_again_loop(out, scope, step, &recall);
	add_context(scope, step, out);
	str_add_text(out, "\n---\n\n");
	prompt_map(out, scope->definition, scope, step);
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
