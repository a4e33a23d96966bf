/*
 * validate_graph.c - what is odd about where the steps of a definition lead
 *
 * Stock stores and runs such definitions, and so do we: a step that was taken out of the
 * flow in an editor harms nobody, and a cycle ends at its max_iterations. But a cycle
 * that nothing leads out of can only end that way, as a failure.
 */
#include "run/validate_graph.h"

#include "base/mem.h"
#include "run/definition.h"
#include "run/graph.h"
#include "run/problem.h"
#include "run/validate.h"

#include <stdbool.h>
#include <stddef.h>

struct reach {
	const struct definition *definition;
	bool *reached;
	const struct definition_step **waiting;
	size_t count;
};

static void on_reached(void *arg, const struct definition_step *target)
{
	struct reach *reach = arg;

	if (reach->reached[target->index])
		return;
	reach->reached[target->index] = true;
	reach->waiting[reach->count++] = target;
}

static void check_reach(const struct definition *definition, struct problems *problems)
{
	const struct definition_step *entry =
		definition_step(definition, definition->entry_step_id);
	struct reach reach = { .definition = definition };
	size_t i;

	if (!entry) {
		problem_warn(problems, "/entry_step_id",
			     "is missing: a run of it ends at once");
		return;
	}
	reach.reached = mem_new_n(bool, definition->steps_count);
	reach.waiting =
		mem_new_n(const struct definition_step *, definition->steps_count);
	on_reached(&reach, entry);
	while (reach.count > 0)
		graph_each(definition, reach.waiting[--reach.count], on_reached, &reach);
	for (i = 0; i < definition->steps_count; i++)
		if (!reach.reached[i])
			validate_warn(problems, &definition->steps[i], NULL, NULL,
				      "nothing leads to it from the entry step");
	mem_free(reach.reached);
	mem_free(reach.waiting);
}

struct leaving {
	const int *groups;
	int group;
	bool out;
};

static void on_target(void *arg, const struct definition_step *target)
{
	struct leaving *leaving = arg;

	leaving->out |= leaving->groups[target->index] != leaving->group;
}

static void check_cycles(const struct definition *definition, struct problems *problems)
{
	size_t count = definition->steps_count, i;
	int *groups = mem_new_n(int, count);
	int n = graph_cycles(definition, groups);
	bool *ends = mem_new_n(bool, (size_t)n + 1);

	ends[0] = true; /* in no cycle */
	for (i = 0; i < count; i++) {
		struct leaving leaving = { .groups = groups, .group = groups[i] };

		graph_each(definition, &definition->steps[i], on_target, &leaving);
		ends[groups[i]] |= leaving.out || graph_may_end(&definition->steps[i]);
	}
	for (i = 0; i < count; i++) {
		if (ends[groups[i]])
			continue;
		ends[groups[i]] = true; /* told once, of its first step */
		validate_warn(problems, &definition->steps[i], NULL, NULL,
			      "nothing leads out of the cycle that it is in: a run ends "
			      "there at max_iterations or max_total_turns, as failed");
	}
	mem_free(groups);
	mem_free(ends);
}

void validate_graph(const struct definition *definition, struct problems *problems)
{
	if (!definition->steps_count)
		return;
	check_reach(definition, problems);
	check_cycles(definition, problems);
}
