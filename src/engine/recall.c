/*
 * recall.c - what a step that may be executed again remembers of its executions
 *
 * The contract's execution memory (CONTRACT 5.8), in the state so that a later worker
 * has it. Stock writes it for each step; here a step that no run can come to a second
 * time has none, since nobody would read it and each row would carry it.
 *
 * Bounded: RECALL_MAX entries, of each INPUTS_MAX inputs and the beginnings of texts.
 */
#include "engine/recall.h"

#include "base/ids.h"
#include "base/jsonw.h"
#include "base/moment.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/keep.h"
#include "engine/route.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/definition.h"
#include "run/jsontext.h"

#include <stdlib.h>
#include <string.h>

#define INPUTS_MAX    16
#define INPUT_MAX     400
#define OUTPUT_MAX    2000
#define REASONING_MAX 2000

static const char *const origin_names[] = {
	[RECALL_ENTRY] = "entry",         [RECALL_LINEAR] = "linear",
	[RECALL_EVALUATOR] = "evaluator", [RECALL_HUMAN] = "human_response",
	[RECALL_LOOP] = "loop",
};

static const char *origin_name(enum recall_origin origin)
{
	return origin_names[origin];
}

/* The loop that a path's component "<id>#<n>" is an iteration of. */
static const struct definition_step *loop_of(const struct definition *definition,
					     const char *component, size_t len)
{
	const struct definition_step *found = NULL;
	struct str id = STR_INIT;
	size_t i;

	for (i = 0; i < definition->steps_count && !found; i++) {
		if (definition->steps[i].type != STEP_LOOP)
			continue;
		str_reset(&id, 1024);
		ids_encode(&id, definition->steps[i].id);
		if (id.len == len && memcmp(str_text(&id), component, len) == 0)
			found = &definition->steps[i];
	}
	str_deinit(&id);
	return found;
}

/* The innermost loop around the step of that path. */
static void find_loop(struct recall *recall, const struct definition *definition,
		      const char *path)
{
	const char *component, *hash, *end = strrchr(path, '/');

	while (end && !recall->loop) {
		component = end;
		while (component > path && component[-1] != '/')
			component--;
		hash = memchr(component, '#', (size_t)(end - component));
		if (hash)
			recall->loop = loop_of(definition, component,
					       (size_t)(hash - component));
		if (recall->loop)
			recall->iteration = strtoll(hash + 1, NULL, 10) + 1;
		end = component > path ? component - 1 : NULL;
	}
}

static const struct history_entry *newest(const struct history *history)
{
	while (history && !history->newest)
		history = history->parent;
	return history ? history->newest : NULL;
}

void recall_init(struct recall *recall, const struct definition *definition,
		 const struct scope *scope, const char *path)
{
	const struct history_entry *before = newest(&scope->history);

	*recall = (struct recall){ .origin = RECALL_ENTRY };
	find_loop(recall, definition, path);
	if (before) {
		recall->from = before->step;
		recall->origin = RECALL_LINEAR;
	}
	if (before && before->step->type == STEP_EVALUATOR)
		recall->origin = RECALL_EVALUATOR;
	else if (before && before->step->type == STEP_HUMAN)
		recall->origin = RECALL_HUMAN;
	else if (recall->loop)
		recall->origin = RECALL_LOOP;
}

bool recall_route(const struct scope *scope, const struct definition_step *evaluator,
		  const char *key, struct str *out)
{
	const struct state_pair *pair;
	struct str name = STR_INIT;

	str_printf(&name, "%s%s", key, evaluator->id);
	pair = state_get(&scope->state, str_text(&name));
	str_deinit(&name);
	if (!pair || pair->json[0] != '"')
		return false;
	jsontext_unquote(out, pair->json, pair->json_len);
	return true;
}

static void pair_cut(struct jsonw *w, const char *key, const char *text, size_t len,
		     size_t max)
{
	jsonw_key(w, key);
	jsonw_text_n(w, text, len <= max ? len : utf8_cut(text, len, max));
}

static void pair_route(struct jsonw *w, const char *name, const struct scope *scope,
		       const struct recall *recall, const char *key)
{
	struct str text = STR_INIT;

	if (recall->origin == RECALL_EVALUATOR &&
	    recall_route(scope, recall->from, key, &text))
		pair_cut(w, name, str_text(&text), text.len, REASONING_MAX);
	else
		jsonw_pair_text(w, name, NULL);
	str_deinit(&text);
}

static void print_origin(struct jsonw *w, const struct scope *scope,
			 const struct recall *recall)
{
	jsonw_key(w, "origin");
	jsonw_object(w);
	jsonw_pair_text(w, "type", origin_name(recall->origin));
	pair_route(w, "routing_decision", scope, recall, ROUTE_LABEL_KEY);
	pair_route(w, "routing_reasoning", scope, recall, ROUTE_REASONING_KEY);
	if (recall->loop) {
		jsonw_pair_int(w, "loop_iteration", recall->iteration);
		jsonw_pair_int(w, "loop_total", recall->loop->loop_count);
	} else {
		jsonw_pair_text(w, "loop_iteration", NULL);
		jsonw_pair_text(w, "loop_total", NULL);
	}
	jsonw_pair_text(w, "from_step_name", recall->from ? recall->from->name : NULL);
	jsonw_object_end(w);
}

static void print_inputs(struct jsonw *w, const struct scope *scope,
			 const struct definition_step *step)
{
	struct str text = STR_INIT;
	size_t i, n = 0;

	jsonw_key(w, "inputs");
	jsonw_object(w);
	for (i = 0; i < step->input_keys_count && n < INPUTS_MAX; i++) {
		const struct state_pair *pair =
			state_get(&scope->state, step->input_keys[i]);
		size_t k = 0;

		while (k < i && strcmp(step->input_keys[k], step->input_keys[i]) != 0)
			k++;
		if (!pair || k < i)
			continue; /* not there, or there twice */
		str_reset(&text, 4096);
		jsontext_show(&text, pair->json, pair->json_len);
		pair_cut(w, step->input_keys[i], str_text(&text), text.len, INPUT_MAX);
		n++;
	}
	jsonw_object_end(w);
	str_deinit(&text);
}

static void print_entry(struct str *out, struct step *step, const char *output,
			size_t len, const char *tool_calls)
{
	struct exec *exec = step->frame.exec;
	const struct scope *scope = step_scope(step);
	const struct engine_row *row = walk_row(step->frame.parent);
	char stamp[MOMENT_MAX];
	struct recall recall;
	struct jsonw w;

	recall_init(&recall, scope->definition, scope, row->path);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_int(&w, "execution", row->execution);
	jsonw_pair_text(&w, "agent", step->def->name);
	print_origin(&w, scope, &recall);
	print_inputs(&w, scope, step->def);
	jsonw_key(&w, "trace");
	jsonw_object(&w);
	jsonw_pair_raw(&w, "tool_calls", tool_calls, strlen(tool_calls));
	jsonw_key(&w, "tools_used");
	jsonw_array(&w);
	if (step->def->type == STEP_TOOL)
		jsonw_text(&w, step->def->forced_tool);
	jsonw_array_end(&w);
	jsonw_pair_int(&w, "turn_count", 1);
	pair_cut(&w, "final_output", output, len, OUTPUT_MAX);
	jsonw_object_end(&w);
	jsonw_pair_text(&w, "timestamp",
			moment_text(engine_wall_ms(exec->engine), stamp));
	jsonw_object_end(&w);
}

void recall_print(struct str *entry, struct step *step, const char *output, size_t len,
		  const char *tool_calls)
{
	struct str clean = STR_INIT;

	if (!step->def->repeats)
		return;
	utf8_clean(&clean, output, len);
	print_entry(entry, step, str_text(&clean), clean.len, tool_calls);
	str_deinit(&clean);
}

void recall_keep(struct step *step, const struct str *entry)
{
	if (entry->len)
		keep_add(step, RECALL_KEY, entry, RECALL_MAX);
}
