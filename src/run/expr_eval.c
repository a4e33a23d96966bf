/*
 * expr_eval.c - the value of an expression's tree
 *
 * A walk by recursion: the compiler bounded the tree's height (EXPR_DEPTH_MAX). Operands
 * are evaluated from left to right and once each, and what and, or, a chain of
 * comparisons or a choice does not need is not evaluated at all, as in Python.
 */
#include "run/expr_eval.h"

#include "run/expr_node.h"
#include "run/expr_op.h"
#include "run/expr_slice.h"

#include <string.h>

struct eval {
	struct expr_budget *budget;
	const struct state *state;
	struct expr_value whole; /* the state as a dict, once it was named */
	bool named;
};

static bool eval(struct eval *e, const struct expr_node *node, struct expr_value *ret);

static bool eval_state(struct eval *e, struct expr_value *ret)
{
	if (!e->named && !expr_value_state(e->budget, e->state, &e->whole))
		return false;
	e->named = true;
	*ret = e->whole;
	return true;
}

/* A list of all kids' values. */
static bool eval_kids(struct eval *e, const struct expr_node *node, enum expr_type type,
		      struct expr_value *ret)
{
	const struct expr_node *kid;
	struct expr_value *items;
	size_t count = 0;

	for (kid = node->kids; kid; kid = kid->next)
		count++;
	items = expr_budget_alloc(e->budget, count, sizeof(*items));
	if (!items)
		return false;
	count = 0;
	for (kid = node->kids; kid; kid = kid->next)
		if (!eval(e, kid, &items[count++]))
			return false;
	*ret = expr_value_list(type, items, count);
	return true;
}

static bool eval_dict(struct eval *e, const struct expr_node *node,
		      struct expr_value *ret)
{
	const struct expr_node *kid;
	struct expr_value *items, key, value;
	size_t count = 0;

	for (kid = node->kids; kid; kid = kid->next)
		count++;
	items = expr_budget_alloc(e->budget, count, sizeof(*items));
	if (!items)
		return false;
	*ret = expr_value_list(EXPR_DICT, items, 0);
	for (kid = node->kids; kid && kid->next; kid = kid->next->next) {
		if (!eval(e, kid, &key) || !eval(e, kid->next, &value))
			return false;
		e->budget->column = kid->column;
		if (!expr_value_put(e->budget, ret, &key, &value))
			return false;
	}
	return true;
}

/* A member of an object of the state; None when it has none of that name. */
static bool eval_attribute(struct eval *e, const struct expr_node *node,
			   struct expr_value *ret)
{
	struct expr_value object, name = node->value, *found;

	if (!eval(e, node->kids, &object))
		return false;
	e->budget->column = node->column;
	if (object.type != EXPR_DICT || !object.member)
		return expr_budget_fail(e->budget, "'%s' has no attribute '%.*s'",
					expr_value_type(&object),
					name.as.text.len > 60 ? 60
							      : (int)name.as.text.len,
					name.as.text.bytes);
	if (!expr_value_open(e->budget, &object) ||
	    !expr_value_find(e->budget, &object, &name, &found))
		return false;
	*ret = found ? *found : expr_value_none();
	return true;
}

static bool eval_index(struct eval *e, const struct expr_node *node,
		       struct expr_value *ret)
{
	struct expr_value whole, index;

	if (!eval(e, node->kids, &whole) || !eval(e, node->kids->next, &index))
		return false;
	e->budget->column = node->column;
	return expr_slice_index(e->budget, &whole, &index, ret);
}

static bool eval_slice(struct eval *e, const struct expr_node *node,
		       struct expr_value *ret)
{
	const struct expr_node *kid = node->kids->next;
	struct expr_value whole, parts[3];
	int i;

	if (!eval(e, node->kids, &whole))
		return false;
	for (i = 0; i < 3; i++, kid = kid->next)
		if (!eval(e, kid, &parts[i]))
			return false;
	e->budget->column = node->column;
	return expr_slice(e->budget, &whole, parts, ret);
}

static bool eval_call(struct eval *e, const struct expr_node *node,
		      struct expr_value *ret)
{
	struct expr_call call = { .name = node->callee->name };
	const struct expr_node *kid;

	for (kid = node->kids; kid; kid = kid->next) {
		struct expr_value *place =
			kid->by_name ? &call.named : &call.args[call.count++];

		call.has_named |= kid->by_name;
		if (!eval(e, kid, place))
			return false;
	}
	e->budget->column = node->column;
	return node->callee->call(e->budget, &call, ret);
}

static bool eval_binary(struct eval *e, const struct expr_node *node,
			struct expr_value *ret)
{
	struct expr_value a, b;

	if (!eval(e, node->kids, &a) || !eval(e, node->kids->next, &b))
		return false;
	e->budget->column = node->column;
	return expr_op_binary(e->budget, node->op, &a, &b, ret);
}

static bool eval_unary(struct eval *e, const struct expr_node *node,
		       struct expr_value *ret)
{
	struct expr_value value;

	if (!eval(e, node->kids, &value))
		return false;
	e->budget->column = node->column;
	return expr_op_unary(e->budget, node->op, &value, ret);
}

/* The first value that decides, or the last one. */
static bool eval_logic(struct eval *e, const struct expr_node *node,
		       struct expr_value *ret)
{
	bool stop_at = node->type == EXPR_NODE_OR;
	const struct expr_node *kid;

	for (kid = node->kids; kid; kid = kid->next) {
		if (!eval(e, kid, ret))
			return false;
		if (expr_value_truth(ret) == stop_at)
			break;
	}
	return true;
}

static bool eval_compare(struct eval *e, const struct expr_node *node,
			 struct expr_value *ret)
{
	const struct expr_node *kid = node->kids;
	struct expr_value left, right;
	bool holds = true;

	if (!eval(e, kid, &left))
		return false;
	for (kid = kid->next; kid && holds; kid = kid->next) {
		if (!eval(e, kid, &right))
			return false;
		e->budget->column = node->column;
		if (!expr_op_compare(e->budget, kid->compare, &left, &right, &holds))
			return false;
		left = right;
	}
	*ret = expr_value_bool(holds);
	return true;
}

static bool eval_choice(struct eval *e, const struct expr_node *node,
			struct expr_value *ret)
{
	struct expr_value condition;

	if (!eval(e, node->kids, &condition))
		return false;
	return eval(e,
		    expr_value_truth(&condition) ? node->kids->next
						 : node->kids->next->next,
		    ret);
}

static bool eval(struct eval *e, const struct expr_node *node, struct expr_value *ret)
{
	e->budget->column = node->column;
	if (!expr_budget_spend(e->budget, 1))
		return false;
	switch (node->type) {
	case EXPR_NODE_VALUE:
		*ret = node->value;
		return true;
	case EXPR_NODE_STATE:
		return eval_state(e, ret);
	case EXPR_NODE_LIST:
		return eval_kids(e, node, EXPR_LIST, ret);
	case EXPR_NODE_TUPLE:
		return eval_kids(e, node, EXPR_TUPLE, ret);
	case EXPR_NODE_DICT:
		return eval_dict(e, node, ret);
	case EXPR_NODE_ATTRIBUTE:
		return eval_attribute(e, node, ret);
	case EXPR_NODE_INDEX:
		return eval_index(e, node, ret);
	case EXPR_NODE_SLICE:
		return eval_slice(e, node, ret);
	case EXPR_NODE_ABSENT:
		*ret = expr_value_none(); /* as Python has it: x[None:3] is x[:3] */
		return true;
	case EXPR_NODE_CALL:
		return eval_call(e, node, ret);
	case EXPR_NODE_NOT:
		if (!eval(e, node->kids, ret))
			return false;
		*ret = expr_value_bool(!expr_value_truth(ret));
		return true;
	case EXPR_NODE_UNARY:
		return eval_unary(e, node, ret);
	case EXPR_NODE_BINARY:
		return eval_binary(e, node, ret);
	case EXPR_NODE_AND:
	case EXPR_NODE_OR:
		return eval_logic(e, node, ret);
	case EXPR_NODE_COMPARE:
		return eval_compare(e, node, ret);
	case EXPR_NODE_CHOICE:
		return eval_choice(e, node, ret);
	}
	return false;
}

bool expr_eval_node(struct expr_budget *budget, const struct state *state,
		    const struct expr_node *root, struct expr_value *ret)
{
	struct eval e = { .budget = budget, .state = state };

	return eval(&e, root, ret);
}
