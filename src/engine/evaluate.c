/*
 * evaluate.c - the expression of a step, evaluated on its run's state
 *
 * What the expression cannot answer is no failure of the step (CONTRACT 5.7): a warning,
 * and the step goes on as with None. What takes more than its budget is one, since the
 * answer might have been another.
 *
 * An expression is compiled each time: that costs a microsecond, while a tree that is
 * kept would cost every cached definition a hundred times its text.
 */
#include "engine/evaluate.h"

#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "run/jsontext.h"

#include <stdio.h>
#include <string.h>

static enum evaluate_end give_up(struct evaluate *evaluate, struct step *step,
				 const char *field, const struct expr_fault *fault)
{
	char text[EXPR_FAULT_MAX + 128];

	evaluate->value = expr_value_none();
	(void)snprintf(text, sizeof(text), "%s: %s, column %d", field, fault->text,
		       fault->column);
	if (fault->code == ERR_LIMIT) {
		runframe_fail(&step->frame, FAIL_LIMIT, "Step '%s': %s", step->def->name,
			      text);
		return EVALUATE_FAILED;
	}
	step_warn(step, text);
	return EVALUATE_NONE;
}

enum evaluate_end evaluate_init(struct evaluate *evaluate, struct step *step,
				const char *field, const char *text)
{
	struct expr_fault fault;
	struct expr *expr;
	char warning[64];

	arena_init(&evaluate->arena);
	expr_budget_init(&evaluate->budget, &evaluate->arena, EXPR_STEPS, EXPR_BYTES);
	evaluate->value = expr_value_none();
	if (!text || !text[strspn(text, " \t\r\n\f\v")]) {
		(void)snprintf(warning, sizeof(warning), "%s is empty", field);
		step_warn(step, warning);
		return EVALUATE_NONE;
	}
	if (expr_compile(&evaluate->arena, text, strlen(text), &expr, &fault) < 0)
		return give_up(evaluate, step, field, &fault);
	if (expr_eval(expr, &step_scope(step)->state, &evaluate->budget,
		      &evaluate->value) < 0)
		return give_up(evaluate, step, field, &evaluate->budget.fault);
	return EVALUATE_VALUE;
}

enum evaluate_end evaluate_print(struct evaluate *evaluate, struct step *step,
				 struct str *text, struct str *json)
{
	struct str raw_text = STR_INIT, raw_json = STR_INIT;
	enum evaluate_end end = EVALUATE_VALUE;

	if (expr_text(&evaluate->budget, &evaluate->value, &raw_text) == 0 &&
	    expr_json(&evaluate->budget, &evaluate->value, &raw_json) == 0) {
		utf8_clean(text, str_text(&raw_text), raw_text.len);
		jsontext_storable(json, str_text(&raw_json), raw_json.len);
	} else {
		end = give_up(evaluate, step, "the result", &evaluate->budget.fault);
		str_add_text(text, "None");
		str_add_text(json, "null");
	}
	str_deinit(&raw_text);
	str_deinit(&raw_json);
	return end;
}

void evaluate_deinit(struct evaluate *evaluate)
{
	arena_deinit(&evaluate->arena);
}
