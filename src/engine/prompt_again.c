/*
 * prompt_again.c - what a model is told when a step is executed again
 *
 * From the step's own memory (engine/recall.h), which is read as whatever it holds: it is
 * part of the state, and inputs or Python may have written there.
 */
#include "engine/prompt_again.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "engine/keep.h"
#include "engine/prompt_cut.h"
#include "engine/recall.h"
#include "engine/route.h"
#include "engine/scope.h"
#include "run/definition.h"
#include "run/jsontext.h"

#include <string.h>

#define PREVIOUS_MAX  2000
#define REVISION_MAX  800
#define INPUT_MAX     400
#define RESULTS_SHOWN 5
#define RESULT_MAX    200
#define REASONING_MAX 2000

static void section(struct str *out, const char *title)
{
	str_printf(out, "\n---\n\n%s\n", title);
}

/* ---- why ---- */

static void add_judgement(struct str *out, const struct scope *scope,
			  const struct definition_step *evaluator)
{
	struct str text = STR_INIT;

	str_printf(out, "Step '%s' judged the work", evaluator->name);
	if (recall_route(scope, evaluator, ROUTE_LABEL_KEY, &text))
		str_printf(out, " and decided: %s", str_text(&text));
	str_reset(&text, 4096);
	if (recall_route(scope, evaluator, ROUTE_REASONING_KEY, &text) && text.len) {
		str_add_text(out, "\nIts reasoning: ");
		prompt_cut(out, str_text(&text), text.len, REASONING_MAX);
	}
	str_add_char(out, '\n');
	str_deinit(&text);
}

static void add_why(struct str *out, const struct scope *scope,
		    const struct recall *recall)
{
	section(out, "Why this step is executed again:");
	if (recall->origin == RECALL_EVALUATOR)
		add_judgement(out, scope, recall->from);
	else if (recall->loop)
		str_printf(out, "Loop '%s' is at iteration %lld of %lld.\n",
			   recall->loop->name, (long long)recall->iteration,
			   (long long)recall->loop->loop_count);
	else if (recall->from)
		str_printf(out, "Step '%s' led back to it.\n", recall->from->name);
}

/* ---- what came out before ---- */

static void add_text(struct str *out, const char *name, const struct json *value,
		     size_t max)
{
	if (jsonr_type(value) != JSONR_STRING || !jsonr_text_len(value))
		return;
	str_printf(out, "%s: ", name);
	prompt_cut(out, jsonr_text(value), jsonr_text_len(value), max);
	str_add_char(out, '\n');
}

static void add_list(struct str *out, const char *name, const struct json *value)
{
	struct str text = STR_INIT;

	if (!jsonr_count(value))
		return;
	jsonr_print(value, &text);
	str_printf(out, "%s: ", name);
	prompt_cut(out, str_text(&text), text.len, REVISION_MAX);
	str_add_char(out, '\n');
	str_deinit(&text);
}

static void add_inputs(struct str *out, const struct json *inputs)
{
	struct jsonr_iter it = jsonr_iter(inputs);
	struct str name = STR_INIT;

	while (jsonr_next(&it)) {
		str_reset(&name, 1024);
		str_printf(&name, "Input %s", it.key);
		add_text(out, str_text(&name), it.value, INPUT_MAX);
	}
	str_deinit(&name);
}

static void add_entry(struct str *out, const struct json *entry)
{
	const struct json *origin = jsonr_get(entry, "origin");
	const struct json *trace = jsonr_get(entry, "trace");

	str_printf(out, "\nExecution %lld:\n",
		   (long long)jsonr_get_int(entry, "execution", 0));
	add_text(out, "Decision before it", jsonr_get(origin, "routing_decision"),
		 REVISION_MAX);
	add_text(out, "Feedback before it", jsonr_get(origin, "routing_reasoning"),
		 REVISION_MAX);
	if (jsonr_type(jsonr_get(entry, "inputs")) == JSONR_OBJECT)
		add_inputs(out, jsonr_get(entry, "inputs"));
	add_list(out, "Tool calls", jsonr_get(trace, "tool_calls"));
	add_text(out, "Output", jsonr_get(trace, "final_output"), REVISION_MAX);
}

static void add_revisions(struct str *out, const struct definition_step *step,
			  const struct json *list)
{
	size_t count = jsonr_type(list) == JSONR_ARRAY ? jsonr_count(list) : 0, i;

	if (!count)
		return;
	i = step->full_history ? 0 : count - 1;
	section(out, i + 1 < count ? "Revision history:" : "Last attempt:");
	for (; i < count; i++)
		if (jsonr_type(jsonr_at(list, i)) == JSONR_OBJECT)
			add_entry(out, jsonr_at(list, i));
}

static void add_previous(struct str *out, const struct scope *scope,
			 const struct definition_step *step)
{
	const struct state_pair *pair =
		step->output_key ? state_get(&scope->state, step->output_key) : NULL;

	if (!pair || !jsontext_truthy(pair->json, pair->json_len))
		return;
	section(out, "Previous output:");
	prompt_cut_value(out, pair, PREVIOUS_MAX);
	str_add_char(out, '\n');
}

void prompt_again(struct str *out, const struct scope *scope,
		  const struct definition_step *step, const struct recall *recall)
{
	struct json *list;

	if (history_count(&scope->history, step) == 0)
		return;
	add_why(out, scope, recall);
	add_previous(out, scope, step);
	list = keep_read(scope, RECALL_KEY, step->id);
	add_revisions(out, step, list);
	jsonr_free(list);
	section(out, "How to proceed:");
	str_add_text(out,
		     recall->origin == RECALL_EVALUATOR
			     ? "The user's message is the original task. Do it again "
			       "with this feedback: keep what was good and change "
			       "what was not.\n"
			     : "The user's message is the original task. Build on "
			       "what came out before instead of repeating it.\n");
}

void prompt_again_loop(struct str *out, const struct scope *scope,
		       const struct definition_step *step, const struct recall *recall)
{
	struct str text = STR_INIT;
	struct json *list;
	size_t count, i;

	if (recall->origin != RECALL_LOOP || !step->output_key)
		return;
	list = keep_read(scope, "_loop_", step->output_key);
	count = jsonr_type(list) == JSONR_ARRAY ? jsonr_count(list) : 0;
	if (count)
		section(out, "Results of the iterations before:");
	for (i = count > RESULTS_SHOWN ? count - RESULTS_SHOWN : 0; i < count; i++) {
		const struct json *entry = jsonr_at(list, i);
		const struct json *result = jsonr_get(entry, "result");

		str_reset(&text, 4096);
		if (jsonr_type(result) == JSONR_STRING)
			str_add(&text, jsonr_text(result), jsonr_text_len(result));
		else
			jsonr_print(result, &text);
		str_printf(out,
			   "%lld: ", (long long)jsonr_get_int(entry, "iteration", 0));
		prompt_cut_line(out, str_text(&text), text.len, RESULT_MAX);
		str_add_char(out, '\n');
	}
	jsonr_free(list);
	str_deinit(&text);
}
