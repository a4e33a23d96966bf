/* expr_eval.h - the value of an expression's tree */
#ifndef RUN_EXPR_EVAL_H
#define RUN_EXPR_EVAL_H

#include "run/expr_budget.h"
#include "run/expr_value.h"

#include <stdbool.h>

struct expr_node;
struct state;

/* false with the budget's fault set. */
bool expr_eval_node(struct expr_budget *budget, const struct state *state,
		    const struct expr_node *root, struct expr_value *ret);

#endif
