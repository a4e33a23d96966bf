/*
 * definition_nest.c - what parallel steps and loops say about the steps inside: checked
 *
 * Only a step of the type that reads a field is asked about it. No branch and an empty
 * body are legal (CONTRACT 5.7: a warning at run time).
 */
#include "run/definition_nest.h"

#include "run/definition.h"

#include <stdio.h>

static void check_list(const struct definition *definition,
		       const struct definition_step *step, const char *field,
		       const struct step_list *list, struct problems *problems)
{
	char where[96];
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (definition_step(definition, list->ids[i]))
			continue;
		(void)snprintf(where, sizeof(where), "steps[%zu].%s", step->index, field);
		problem_add(problems, where, "step '%s': %s names '%s', which is no step",
			    step->id, field, list->ids[i]);
	}
}

void definition_nest_check(const struct definition *definition,
			   const struct definition_step *step, struct problems *problems)
{
	char where[64];
	size_t i;

	if (step->type != STEP_PARALLEL && step->type != STEP_LOOP)
		return;
	for (i = 0; step->type == STEP_PARALLEL && i < step->branches_count; i++)
		check_list(definition, step, "parallel_branches", &step->branches[i],
			   problems);
	if (step->type == STEP_LOOP)
		check_list(definition, step, "loop_step_ids", &step->body, problems);
	if (step->retry.max == 0)
		return;
	(void)snprintf(where, sizeof(where), "steps[%zu].retry", step->index);
	problem_add(problems, where,
		    "step '%s': a retry belongs to the steps inside, not to a %s",
		    step->id, step->type_name);
}
