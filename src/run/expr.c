/*
 * expr.c - conditions and switch values of definitions: Python expressions, natively
 *
 * Definitions of the stock tier hold Python; a native evaluator runs what people write in
 * conditions, and refuses everything else with its name and column, at best before it is
 * saved. Nothing that an expression says can reach beyond the state: there are no
 * objects, only values (expr_value.h), and what can be called are rows of two tables
 * (expr_functions.c, expr_methods.c).
 *
 *	expr_lex     text -> tokens
 *	expr_parse   tokens -> tree (expr_node.h)
 *	expr_eval    tree and state -> value, within a budget (expr_budget)
 *	expr_format  value -> text, JSON
 *
 * Results are those of Python 3.11; what differs: integers have 64 bits (an error beyond
 * them), letters change case one by one, and `is` compares with None, True, False alone.
 */
#include "run/expr.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "run/expr_eval.h"
#include "run/expr_format.h"
#include "run/expr_node.h"
#include "run/expr_parse.h"

struct expr {
	const struct expr_node *root;
};

int expr_compile(struct arena *arena, const char *text, size_t len, struct expr **ret,
		 struct expr_fault *fault)
{
	const struct expr_node *root;
	struct expr *expr;
	int rc;

	*fault = (struct expr_fault){ 0 };
	if (len > EXPR_BYTES_MAX)
		return expr_budget_fault(fault, ERR_LIMIT, 1, "more than %d bytes",
					 EXPR_BYTES_MAX);
	if (!utf8_valid(text, len, NULL))
		return expr_budget_fault(fault, ERR_INPUT, 1, "not valid UTF-8");
	rc = expr_parse(arena, text, len, &root, fault);
	if (rc < 0)
		return rc;
	expr = arena_new(arena, struct expr);
	expr->root = root;
	*ret = expr;
	return 0;
}

int expr_eval(const struct expr *expr, const struct state *state,
	      struct expr_budget *budget, struct expr_value *ret)
{
	if (!expr_eval_node(budget, state, expr->root, ret))
		return budget->fault.code;
	return 0;
}

bool expr_truth(const struct expr_value *value)
{
	return expr_value_truth(value);
}

int expr_text(struct expr_budget *budget, struct expr_value *value, struct str *out)
{
	return expr_format_str(budget, value, out) ? 0 : budget->fault.code;
}

int expr_json(struct expr_budget *budget, struct expr_value *value, struct str *out)
{
	return expr_format_json(budget, value, out) ? 0 : budget->fault.code;
}
