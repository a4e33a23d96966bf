/*
 * validate_nest.c - what parallel steps and loops say about the steps inside: checked
 *
 * No branch and an empty body are legal (CONTRACT 5.7: a warning at run time).
 */
#include "run/validate_nest.h"

#include "run/definition.h"
#include "run/validate.h"

#include <stdio.h>

static void check_list(const struct definition *definition,
		       const struct definition_step *step, const char *field,
		       const char *key, const struct step_list *list,
		       struct problems *problems)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		validate_target(definition, step, field, key, list->ids[i], problems);
}

void validate_nest(const struct definition *definition,
		   const struct definition_step *step, struct problems *problems)
{
	char key[24];
	size_t i;

	if (step->type != STEP_PARALLEL && step->type != STEP_LOOP)
		return;
	for (i = 0; step->type == STEP_PARALLEL && i < step->branches_count; i++) {
		(void)snprintf(key, sizeof(key), "%zu", i);
		check_list(definition, step, "parallel_branches", key, &step->branches[i],
			   problems);
	}
	if (step->type == STEP_LOOP)
		check_list(definition, step, "loop_step_ids", NULL, &step->body,
			   problems);
	if (step->retry.max > 0)
		validate_complain(problems, step, "retry", NULL,
				  "a retry belongs to the steps inside, not to a %s",
				  step->type_name);
}
