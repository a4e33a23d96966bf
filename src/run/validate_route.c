/*
 * validate_route.c - what steps that decide say about it: checked
 *
 * An empty expression is legal (CONTRACT 5.7: a warning at run time).
 */
#include "run/validate_route.h"

#include "base/arena.h"
#include "run/definition.h"
#include "run/expr.h"
#include "run/validate.h"

#include <stdbool.h>
#include <string.h>

static void check_expression(const struct definition_step *step, const char *field,
			     const char *text, struct problems *problems)
{
	struct expr_fault fault;
	struct arena arena;
	struct expr *expr;

	if (!text || !text[strspn(text, " \t\r\n\f\v")])
		return;
	arena_init(&arena);
	if (expr_compile(&arena, text, strlen(text), &expr, &fault) < 0)
		validate_complain(problems, step, field, NULL, "%s, column %d",
				  fault.text, fault.column);
	arena_deinit(&arena);
}

static void check_if(const struct definition *definition,
		     const struct definition_step *step, struct problems *problems)
{
	check_expression(step, "if_condition", step->if_condition, problems);
	validate_target(definition, step, "if_true_step_id", NULL, step->if_true_step_id,
			problems);
	validate_target(definition, step, "if_false_step_id", NULL,
			step->if_false_step_id, problems);
}

static void check_switch(const struct definition *definition,
			 const struct definition_step *step, struct problems *problems)
{
	size_t i;

	check_expression(step, "switch_expression", step->switch_expression, problems);
	validate_target(definition, step, "switch_default_step_id", NULL,
			step->switch_default_step_id, problems);
	for (i = 0; i < step->switch_cases_count; i++)
		validate_target(definition, step, "switch_cases",
				step->switch_cases[i].value,
				step->switch_cases[i].step_id, problems);
}

static void check_evaluator(const struct definition *definition,
			    const struct definition_step *step, struct problems *problems)
{
	const char *fallback = step->on_parse_error;
	bool known = !fallback || strcmp(fallback, "fail") == 0;
	size_t i;

	for (i = 0; i < step->routes_count; i++) {
		validate_target(definition, step, "route_map", step->routes[i].label,
				step->routes[i].step_id, problems);
		known |= fallback && strcmp(step->routes[i].label, fallback) == 0;
	}
	if (!known && step->routes_count)
		validate_complain(problems, step, "on_parse_error", NULL,
				  "on_parse_error names '%s', which is no label of its "
				  "route_map",
				  fallback);
}

void validate_route(const struct definition *definition,
		    const struct definition_step *step, struct problems *problems)
{
	if (step->type == STEP_IF_ELSE)
		check_if(definition, step, problems);
	else if (step->type == STEP_SWITCH)
		check_switch(definition, step, problems);
	else if (step->type == STEP_EVALUATOR)
		check_evaluator(definition, step, problems);
}
