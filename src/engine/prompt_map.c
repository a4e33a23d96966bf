/*
 * prompt_map.c - the workflow as a model sees it, and where it stands in it
 *
 * Steps are numbered in the definition's order; where they lead is told with these
 * numbers. Of a large definition the steps around the current one are shown.
 */
#include "engine/prompt_map.h"

#include "base/str.h"
#include "engine/prompt_cut.h"
#include "engine/scope.h"
#include "run/definition.h"

#include <stdbool.h>
#include <string.h>

#define STEPS_MAX 50
#define LABEL_MAX 80
#define WAYS_MAX  8 /* routes and cases shown of a step */
#define GOAL_MAX  2000

struct map_writer {
	struct str *out;
	const struct definition *definition;
};

static void add_target(const struct map_writer *w, const char *id)
{
	const struct definition_step *step = definition_step(w->definition, id);

	if (step)
		str_printf(w->out, "%zu", step->index + 1);
	else
		str_add_text(w->out, "end");
}

static void add_way(const struct map_writer *w, size_t i, const char *label,
		    const char *id)
{
	str_add_text(w->out, i ? ", " : " [");
	prompt_cut_line(w->out, label, strlen(label), LABEL_MAX);
	str_add_text(w->out, " -> ");
	add_target(w, id);
}

static void add_routes(const struct map_writer *w, const struct definition_step *step)
{
	size_t i;

	for (i = 0; i < step->routes_count && i < WAYS_MAX; i++)
		add_way(w, i, step->routes[i].label, step->routes[i].step_id);
	if (i < step->routes_count)
		str_printf(w->out, ", %zu more", step->routes_count - i);
	if (i)
		str_add_char(w->out, ']');
}

static void add_cases(const struct map_writer *w, const struct definition_step *step)
{
	size_t i;

	for (i = 0; i < step->switch_cases_count && i < WAYS_MAX; i++)
		add_way(w, i, step->switch_cases[i].value, step->switch_cases[i].step_id);
	if (i < step->switch_cases_count)
		str_printf(w->out, ", %zu more", step->switch_cases_count - i);
	add_way(w, i, "else", step->switch_default_step_id);
	str_add_char(w->out, ']');
}

static void add_ways(const struct map_writer *w, const struct definition_step *step)
{
	if (step->type == STEP_EVALUATOR && step->routes_count) {
		add_routes(w, step);
	} else if (step->type == STEP_SWITCH && step->switch_cases_count) {
		add_cases(w, step);
	} else if (step->type == STEP_IF_ELSE) {
		add_way(w, 0, "true",
			step->if_true_step_id ? step->if_true_step_id
					      : step->next_step_id);
		add_way(w, 1, "false",
			step->if_false_step_id ? step->if_false_step_id
					       : step->next_step_id);
		str_add_char(w->out, ']');
	} else if (step->next_step_id) {
		str_add_text(w->out, ", then ");
		add_target(w, step->next_step_id);
	}
}

static void add_step(const struct map_writer *w, const struct scope *scope,
		     const struct definition_step *step, bool current)
{
	int count = history_count(&scope->history, step);

	str_printf(w->out, "%zu. ", step->index + 1);
	prompt_cut_line(w->out, step->name, strlen(step->name), LABEL_MAX);
	str_printf(w->out, " (%s)", step->type_name);
	if (step->output_key)
		str_printf(w->out, " -> %s", step->output_key);
	if (count > 0)
		str_printf(w->out, " x%d", count);
	add_ways(w, step);
	str_add_text(w->out, current ? "   <- this step\n" : "\n");
}

void prompt_map(struct str *out, const struct definition *definition,
		const struct scope *scope, const struct definition_step *step)
{
	const struct map_writer w = { out, definition };
	size_t count = definition->steps_count, first = 0, i;

	str_printf(out, "Workflow: %s\n", definition->name);
	if (*definition->description) {
		str_add_text(out, "Goal of the workflow: ");
		prompt_cut(out, definition->description, strlen(definition->description),
			   GOAL_MAX);
		str_add_char(out, '\n');
	}
	if (count > STEPS_MAX && step->index > STEPS_MAX / 2)
		first = step->index - STEPS_MAX / 2;
	if (first && first > count - STEPS_MAX)
		first = count - STEPS_MAX;
	str_add_text(out, "Steps:\n");
	if (first)
		str_printf(out, "... %zu before these\n", first);
	for (i = first; i < count && i < first + STEPS_MAX; i++)
		add_step(&w, scope, &definition->steps[i], &definition->steps[i] == step);
	if (i < count)
		str_printf(out, "... and %zu more\n", count - i);
	str_printf(out, "You are at step %zu of %zu, in its execution number %d.\n",
		   step->index + 1, count, history_count(&scope->history, step) + 1);
}
