/*
 * definition_route.c - what steps that decide say about it: checked
 *
 * Only a step of the type that reads a field is asked about it: editors leave fields of
 * other types behind. An empty expression is legal (CONTRACT 5.7: a warning at run time).
 */
#include "run/definition_route.h"

#include "base/arena.h"
#include "run/definition.h"
#include "run/expr.h"

#include <stdio.h>
#include <string.h>

static void check_expression(const struct definition_step *step, const char *field,
			     const char *text, struct problems *problems)
{
	struct expr_fault fault;
	struct arena arena;
	struct expr *expr;
	char where[64];

	if (!text || !text[strspn(text, " \t\r\n\f\v")])
		return;
	arena_init(&arena);
	if (expr_compile(&arena, text, strlen(text), &expr, &fault) < 0) {
		(void)snprintf(where, sizeof(where), "steps[%zu].%s", step->index, field);
		problem_add(problems, where, "step '%s': %s, column %d", step->id,
			    fault.text, fault.column);
	}
	arena_deinit(&arena);
}

static void check_target(const struct definition *definition,
			 const struct definition_step *step, const char *field,
			 const char *target, struct problems *problems)
{
	char where[64];

	if (!target || definition_step(definition, target))
		return;
	(void)snprintf(where, sizeof(where), "steps[%zu].%s", step->index, field);
	problem_add(problems, where, "step '%s': %s names '%s', which is no step",
		    step->id, field, target);
}

void definition_route_check(const struct definition *definition,
			    const struct definition_step *step, struct problems *problems)
{
	size_t i;

	if (step->type == STEP_IF_ELSE) {
		check_expression(step, "if_condition", step->if_condition, problems);
		check_target(definition, step, "if_true_step_id", step->if_true_step_id,
			     problems);
		check_target(definition, step, "if_false_step_id", step->if_false_step_id,
			     problems);
	} else if (step->type == STEP_SWITCH) {
		check_expression(step, "switch_expression", step->switch_expression,
				 problems);
		check_target(definition, step, "switch_default_step_id",
			     step->switch_default_step_id, problems);
		for (i = 0; i < step->switch_cases_count; i++)
			check_target(definition, step, "switch_cases",
				     step->switch_cases[i].step_id, problems);
	} else if (step->type == STEP_EVALUATOR) {
		for (i = 0; i < step->routes_count; i++)
			check_target(definition, step, "route_map",
				     step->routes[i].step_id, problems);
	}
}
