/*
 * prompt_routes.c - what an evaluator's model is told
 *
 * The task is the evaluator_prompt; what is to be judged, the routes and how to answer
 * are in the system message. Values are given in full, as far as all of them together
 * stay within the bound on a step's output.
 */
#include "engine/prompt.h"

#include "base/moment.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/prompt_cut.h"
#include "engine/prompt_map.h"
#include "engine/scope.h"
#include "run/definition.h"
#include "run/template.h"

#include <stdbool.h>
#include <string.h>

#define TOOL_NAME_MAX 64
#define ABOUT_MAX     1000
#define VALUE_LEAST   200

static bool is_tool_name(const char *label)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return label[strspn(label, allowed)] == '\0' &&
	       strlen("route_") + strlen(label) <= TOOL_NAME_MAX;
}

void prompt_route_tool(struct str *out, const struct definition_step *step, size_t i)
{
	const char *label = step->routes[i].label;

	if (is_tool_name(label))
		str_printf(out, "route_%s", label);
	else
		str_printf(out, "choice_%zu", i + 1);
}

void prompt_route_about(struct str *out, const struct definition *definition,
			const struct definition_step *step, size_t i)
{
	const struct route *route = &step->routes[i];
	const struct definition_step *target =
		definition_step(definition, route->step_id);

	if (!is_tool_name(route->label)) {
		prompt_cut_line(out, route->label, strlen(route->label), ABOUT_MAX);
		str_add_text(out, ": ");
	}
	if (route->description)
		prompt_cut_line(out, route->description, strlen(route->description),
				ABOUT_MAX);
	else if (target)
		str_printf(out, "Go on with step '%s' (%s)", target->name,
			   target->type_name);
	else
		str_add_text(out, "The workflow ends here");
}

/* Who wrote it: the first step whose output_key it is. */
static const char *writer_of(const struct definition *definition, const char *key)
{
	size_t i;

	for (i = 0; i < definition->steps_count; i++)
		if (definition->steps[i].output_key &&
		    strcmp(definition->steps[i].output_key, key) == 0)
			return definition->steps[i].name;
	return NULL;
}

static void add_values(const struct definition *definition, const struct scope *scope,
		       const struct definition_step *step, size_t max, struct str *out)
{
	size_t share = step->input_keys_count ? max / step->input_keys_count : max;
	bool first = true;
	size_t i;

	if (share < VALUE_LEAST)
		share = VALUE_LEAST;
	for (i = 0; i < step->input_keys_count; i++) {
		const char *key = step->input_keys[i];
		const struct state_pair *pair = state_get(&scope->state, key);
		const char *writer = writer_of(definition, key);

		if (!pair)
			continue;
		if (first)
			str_add_text(out, "\n---\n\nWhat is to be judged:\n");
		first = false;
		str_printf(out, writer ? "\n[%s -> %s]\n" : "\n[%s%s]\n",
			   writer ? writer : "", key);
		prompt_cut_value(out, pair, share);
		str_add_char(out, '\n');
	}
}

static void add_now(struct engine *engine, struct str *out)
{
	char stamp[MOMENT_MAX];

	(void)moment_text(engine_wall_ms(engine), stamp);
	str_printf(out, "\nNow: %.16s UTC\n", stamp); /* to the minute */
}

static void add_routes(const struct definition *definition,
		       const struct definition_step *step, struct str *out)
{
	size_t i;

	str_add_text(out, "\n---\n\nRoutes:\n");
	for (i = 0; i < step->routes_count; i++) {
		str_add_text(out, "- ");
		prompt_route_tool(out, step, i);
		str_add_text(out, ": ");
		prompt_route_about(out, definition, step, i);
		str_add_char(out, '\n');
	}
	str_add_text(out,
		     "\nCall the tool of exactly one route, with your reasoning. If "
		     "you cannot call tools, answer with this JSON and nothing else:\n"
		     "{\"tool\": \"");
	prompt_route_tool(out, step, 0);
	str_add_text(out, "\", \"arguments\": {\"reasoning\": \"...\"}}\n");
}

int prompt_routes(const struct exec *exec, const struct scope *scope,
		  const struct definition_step *step, struct str *system,
		  struct str *task, struct err *err)
{
	const struct definition *definition = scope->definition;
	size_t max = exec->engine->limits.output_max;

	if (step->evaluator_prompt) {
		if (template_prompt(step->evaluator_prompt, &scope->state, max, task,
				    err) < 0)
			return ERR_LIMIT;
	} else {
		str_add_text(task, "Choose the route on which the workflow goes on.");
	}
	str_add_text(system, "You decide on which route a workflow goes on.\n");
	add_values(definition, scope, step, max, system);
	add_now(exec->engine, system);
	add_routes(definition, step, system);
	str_add_text(system, "\n---\n\n");
	prompt_map(system, definition, scope, step);
	return 0;
}
