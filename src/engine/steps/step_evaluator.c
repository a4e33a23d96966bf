/*
 * step_evaluator.c - steps of type evaluator: a model decides where the path goes on
 *
 * The model has one tool for each label of the route_map and must call one, with its
 * reasoning. A model that knows no tools writes the same as JSON, or the bare label:
 *
 *	a call of route_<label>
 *	{"tool": "route_<label>", "arguments": {"reasoning": ...}}, the first in the text
 *	a text that is nothing but <label> or route_<label>
 *
 * Anything else is no decision. The step fails then (class provider, so that `retry` asks
 * again), unless on_parse_error names the label that counts instead: a run that takes the
 * first way out because nobody understood the answer does what nobody wanted.
 *
 * The label becomes the output; it and the reasoning are kept in keys of the state of
 * their own, which engine/route.c and later prompts read.
 */
#include "engine/steps/step_evaluator.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/ask.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/prompt.h"
#include "engine/route.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/steps/step_llm.h"
#include "engine/walk.h"
#include "run/extract.h"
#include "run/model.h"

#include <string.h>

#define REASONING_MAX 4000 /* bytes kept */

struct step_evaluator {
	struct step step;
	struct ask ask;
	struct llm_tool *tools; /* owned, with their names and descriptions */
};

/* What an answer was found to say. */
struct choice {
	const struct definition_step *def;
	const struct route *route; /* NULL: nothing so far */
	struct str reasoning;
};

static const struct route *by_label(const struct definition_step *def, const char *label,
				    size_t len)
{
	size_t i;

	for (i = 0; i < def->routes_count; i++)
		if (strlen(def->routes[i].label) == len &&
		    memcmp(def->routes[i].label, label, len) == 0)
			return &def->routes[i];
	return NULL;
}

/* "route_<label>"; or the name under which it was offered, since labels may have
 * characters that names of tools may not. */
static const struct route *by_tool(const struct definition_step *def, const char *name)
{
	struct str offered = STR_INIT;
	const struct route *found = NULL;
	size_t i;

	if (strncmp(name, "route_", 6) == 0)
		found = by_label(def, name + 6, strlen(name + 6));
	for (i = 0; i < def->routes_count && !found; i++) {
		str_reset(&offered, 256);
		prompt_route_tool(&offered, def, i);
		if (strcmp(str_text(&offered), name) == 0)
			found = &def->routes[i];
	}
	str_deinit(&offered);
	return found;
}

static void keep_reasoning(struct choice *choice, const struct json *arguments)
{
	const struct json *value = jsonr_get(arguments, "reasoning");
	struct str clean = STR_INIT;

	if (jsonr_type(value) != JSONR_STRING)
		return;
	utf8_clean(&clean, jsonr_text(value), jsonr_text_len(value));
	str_add(&choice->reasoning, str_text(&clean),
		utf8_cut(str_text(&clean), clean.len, REASONING_MAX));
	str_deinit(&clean);
}

static bool on_value(void *arg, const struct json *value)
{
	struct choice *choice = arg;
	const char *name = NULL;

	if (jsonr_type(value) == JSONR_OBJECT)
		name = jsonr_get_text(value, "tool");
	if (name)
		choice->route = by_tool(choice->def, name);
	if (choice->route)
		keep_reasoning(choice, jsonr_get(value, "arguments"));
	return !choice->route;
}

static const struct route *bare_label(const struct definition_step *def,
				      const struct str *text)
{
	const char *label = str_text(text) + strspn(str_text(text), " \t\r\n\"'`");
	size_t len = strlen(label);

	while (len && strchr(" \t\r\n\"'`.", label[len - 1]))
		len--;
	if (len > 6 && strncmp(label, "route_", 6) == 0 &&
	    by_label(def, label + 6, len - 6))
		return by_label(def, label + 6, len - 6);
	return by_label(def, label, len);
}

static void read_answer(struct choice *choice, const struct llm_answer *answer)
{
	struct json *doc = NULL;

	if (!answer->tool.len) {
		(void)extract_values(str_text(&answer->text), answer->text.len, on_value,
				     choice);
		if (!choice->route)
			choice->route = bare_label(choice->def, &answer->text);
		return;
	}
	choice->route = by_tool(choice->def, str_text(&answer->tool));
	if (choice->route &&
	    jsonr_parse(str_text(&answer->text), answer->text.len, &doc, NULL, NULL,
			NULL) == 0 &&
	    jsonr_type(doc) == JSONR_OBJECT)
		keep_reasoning(choice, doc);
	jsonr_free(doc);
}

static void decide(struct step *step, const struct choice *choice)
{
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	struct str label = STR_INIT, reasoning = STR_INIT;

	jsonw_quote(&label, choice->route->label, strlen(choice->route->label));
	jsonw_quote(&reasoning, str_text(&choice->reasoning), choice->reasoning.len);
	if (step_put(step, str_text(&label), label.len) &&
	    step_put_own(step, ROUTE_LABEL_KEY, str_text(&label), label.len) &&
	    step_put_own(step, ROUTE_REASONING_KEY, str_text(&reasoning),
			 reasoning.len)) {
		event_route_decided(&row->texts, &stamp, step->def, choice->route->label,
				    (struct event_text){ str_text(&choice->reasoning),
							 choice->reasoning.len });
		row_add_event(row);
		runframe_done(&step->frame);
	}
	str_deinit(&label);
	str_deinit(&reasoning);
}

/* Whether on_parse_error says what to do without a decision. */
static bool fall_back(struct step *step, struct choice *choice)
{
	const char *label = step->def->on_parse_error;

	if (label)
		choice->route = by_label(step->def, label, strlen(label));
	if (!choice->route)
		return false;
	step_warn(step, "The model's answer names none of the routes: on_parse_error "
			"decides");
	str_add_text(&choice->reasoning,
		     "The model's answer named none of the routes; on_parse_error "
		     "decided.");
	return true;
}

static void on_answer(struct op *op)
{
	struct llm_call *call = mem_container(op, struct llm_call, op);
	struct ask *ask = mem_container(call, struct ask, call);
	struct step_evaluator *evaluator = mem_container(ask, struct step_evaluator, ask);
	struct step *step = &evaluator->step;
	struct choice choice = { .def = step->def };

	if (!ask_take(ask, step))
		return;
	read_answer(&choice, &call->answer);
	if (choice.route || fall_back(step, &choice))
		decide(step, &choice);
	else
		runframe_fail(&step->frame, FAIL_PROVIDER,
			      "Step '%s': the model's answer names none of the routes",
			      step->def->name);
	str_deinit(&choice.reasoning);
}

/* One for each route, which the request borrows. */
static void make_tools(struct step_evaluator *evaluator)
{
	static const char schema[] =
		"{\"type\":\"object\",\"properties\":{\"reasoning\":{\"type\":"
		"\"string\",\"description\":\"Why this route, in a sentence or two\"}},"
		"\"required\":[\"reasoning\"]}";
	const struct definition *definition = step_scope(&evaluator->step)->definition;
	const struct definition_step *def = evaluator->step.def;
	struct str text = STR_INIT;
	size_t i;

	evaluator->tools = mem_new_n(struct llm_tool, def->routes_count);
	for (i = 0; i < def->routes_count; i++) {
		prompt_route_tool(&text, def, i);
		evaluator->tools[i].name = str_take(&text);
		prompt_route_about(&text, definition, def, i);
		evaluator->tools[i].description = str_take(&text);
		evaluator->tools[i].schema = schema;
	}
}

static void start(struct runframe *frame)
{
	struct step_evaluator *evaluator = (struct step_evaluator *)frame;
	struct step *step = &evaluator->step;
	const struct definition_step *def = step->def;
	struct err err;

	if (!def->routes_count) {
		step_warn(step, "No routes defined");
		runframe_done(frame);
		return;
	}
	if (!model_of(def->model)) {
		runframe_fail(frame, FAIL_JOB, "Step '%s' names no model", def->name);
		return;
	}
	if (prompt_routes(frame->exec, step_scope(step), def, &evaluator->ask.system,
			  &evaluator->ask.task, &err) < 0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", def->name, err.text);
		return;
	}
	make_tools(evaluator);
	ask_start(&evaluator->ask, step, evaluator->tools, def->routes_count);
}

static void on_free(struct runframe *frame)
{
	struct step_evaluator *evaluator = (struct step_evaluator *)frame;
	size_t i;

	ask_deinit(&evaluator->ask);
	for (i = 0; evaluator->tools && i < evaluator->step.def->routes_count; i++) {
		mem_free(evaluator->tools[i].name);
		mem_free(evaluator->tools[i].description);
	}
	mem_free(evaluator->tools);
}

static const struct runframe_ops evaluator_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_evaluator_new(struct runframe *parent,
				    const struct definition_step *def)
{
	struct step_evaluator *evaluator =
		step_alloc(&evaluator_ops, parent, def, sizeof(*evaluator));

	ask_init(&evaluator->ask, &evaluator->step, on_answer);
	return &evaluator->step.frame;
}

bool step_evaluator_outside(const struct definition_step *def)
{
	return def->routes_count > 0 && step_llm_outside(def);
}
