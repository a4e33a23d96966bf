/*
 * expr_functions.c - the functions of expressions
 *
 * Those of the stock tier (len, int, float, str, bool, list, dict, abs, min, max, round)
 * and a few that conditions want. A new one is a row here. None of them changes anything,
 * and what they build is paid from the budget.
 */
#include "run/expr_functions.h"

#include "base/str.h"
#include "run/expr_format.h"
#include "run/expr_node.h"
#include "run/expr_number.h"
#include "run/expr_op.h"
#include "run/expr_string.h"

#include <math.h>
#include <string.h>

static bool call_len(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	struct expr_value *value = &call->args[0];
	size_t n;

	if (value->type < EXPR_STR)
		return expr_budget_fail(budget, "'%s' has no len()",
					expr_value_type(value));
	if (value->type == EXPR_STR ? !expr_string_count(budget, value, &n)
				    : !expr_value_count(budget, value, &n))
		return false;
	*ret = expr_value_int((int64_t)n);
	return true;
}

static bool call_int(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	struct expr_value *value = &call->args[0];

	if (call->count == 0) {
		*ret = expr_value_int(0);
		return true;
	}
	if (value->type == EXPR_STR)
		return expr_number_read_int(budget, value, ret);
	if (value->type == EXPR_FLOAT)
		return expr_number_whole(budget, trunc(value->as.real), ret);
	if (!expr_value_is_int(value))
		return expr_budget_fail(budget,
					"int() takes a number or a text, not '%s'",
					expr_value_type(value));
	*ret = expr_value_int(expr_value_as_int(value));
	return true;
}

static bool call_float(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	struct expr_value *value = &call->args[0];

	if (call->count == 0) {
		*ret = expr_value_float(0);
		return true;
	}
	if (value->type == EXPR_STR)
		return expr_number_read_float(budget, value, ret);
	if (!expr_value_is_number(value))
		return expr_budget_fail(budget,
					"float() takes a number or a text, not '%s'",
					expr_value_type(value));
	*ret = expr_value_float(expr_value_as_float(value));
	return true;
}

/* What was formatted, as a value. */
static bool take_text(struct expr_budget *budget, struct str *text, bool well,
		      struct expr_value *ret)
{
	char *bytes = well ? expr_budget_alloc(budget, text->len, 1) : NULL;

	if (bytes) {
		memcpy(bytes, str_text(text), text->len);
		*ret = expr_value_text(bytes, text->len);
	}
	str_deinit(text);
	return bytes != NULL;
}

static bool call_str(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	struct str text = STR_INIT;

	if (call->count == 0) {
		*ret = expr_value_text("", 0);
		return true;
	}
	if (call->args[0].type == EXPR_STR) {
		*ret = call->args[0];
		return true;
	}
	return take_text(budget, &text, expr_format_str(budget, &call->args[0], &text),
			 ret);
}

static bool call_repr(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	struct str text = STR_INIT;

	return take_text(budget, &text, expr_format_repr(budget, &call->args[0], &text),
			 ret);
}

static bool call_bool(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	(void)budget;
	*ret = expr_value_bool(call->count && expr_value_truth(&call->args[0]));
	return true;
}

static bool to_sequence(struct expr_budget *budget, struct expr_call *call,
			enum expr_type type, struct expr_value *ret)
{
	*ret = expr_value_list(EXPR_LIST, NULL, 0);
	if (call->count && !expr_value_iterate(budget, &call->args[0], ret))
		return false;
	ret->type = type;
	return true;
}

static bool call_list(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	return to_sequence(budget, call, EXPR_LIST, ret);
}

static bool call_tuple(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	return to_sequence(budget, call, EXPR_TUPLE, ret);
}

static bool dict_of_pairs(struct expr_budget *budget, struct expr_value *value,
			  struct expr_value *ret)
{
	struct expr_value list, pair, *items;
	size_t i;

	if (!expr_value_iterate(budget, value, &list))
		return false;
	items = expr_budget_alloc(budget, 2 * list.as.list.count, sizeof(*items));
	if (!items)
		return false;
	*ret = expr_value_list(EXPR_DICT, items, 0);
	for (i = 0; i < list.as.list.count; i++) {
		if (!expr_value_iterate(budget, &list.as.list.items[i], &pair))
			return false;
		if (pair.as.list.count != 2)
			return expr_budget_fail(budget, "dict() takes pairs");
		if (!expr_value_put(budget, ret, &pair.as.list.items[0],
				    &pair.as.list.items[1]))
			return false;
	}
	return true;
}

static bool call_dict(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	*ret = expr_value_list(EXPR_DICT, NULL, 0);
	if (call->count == 0)
		return true;
	if (call->args[0].type != EXPR_DICT)
		return dict_of_pairs(budget, &call->args[0], ret);
	*ret = call->args[0];
	if (!expr_value_open(budget, ret))
		return false;
	ret->member = false;
	return true;
}

static bool call_abs(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	struct expr_value *value = &call->args[0];

	if (value->type == EXPR_FLOAT) {
		*ret = expr_value_float(fabs(value->as.real));
		return true;
	}
	if (!expr_value_is_int(value))
		return expr_budget_fail(budget, "abs() takes a number, not '%s'",
					expr_value_type(value));
	return expr_op_unary(budget,
			     expr_value_as_int(value) < 0 ? EXPR_OP_SUB : EXPR_OP_ADD,
			     value, ret);
}

static bool call_round(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	struct expr_value *value = &call->args[0], *digits = NULL;

	if (call->count == 2)
		digits = &call->args[1];
	else if (call->has_named)
		digits = &call->named;
	if (!expr_value_is_number(value))
		return expr_budget_fail(budget, "round() takes a number, not '%s'",
					expr_value_type(value));
	if (digits && digits->type == EXPR_NONE)
		digits = NULL;
	if (digits && !expr_value_is_int(digits))
		return expr_budget_fail(budget, "the digits of round() are an 'int'");
	if (!digits && value->type == EXPR_FLOAT)
		return expr_number_whole(budget, rint(value->as.real), ret);
	return expr_number_round(budget, value, digits ? expr_value_as_int(digits) : 0,
				 ret);
}

/* want is the order that replaces what was found: -1 for min, 1 for max */
static bool extreme(struct expr_budget *budget, struct expr_call *call, int want,
		    struct expr_value *ret)
{
	struct expr_value list = expr_value_list(EXPR_LIST, call->args, call->count);
	size_t i;
	int order;

	if (call->count == 1 && !expr_value_iterate(budget, &call->args[0], &list))
		return false;
	if (call->count > 1 && call->has_named)
		return expr_budget_fail(budget, "a default needs one list");
	if (list.as.list.count == 0 && call->has_named) {
		*ret = call->named;
		return true;
	}
	if (list.as.list.count == 0)
		return expr_budget_fail(budget, "%s() of nothing", call->name);
	*ret = list.as.list.items[0];
	for (i = 1; i < list.as.list.count; i++) {
		if (!expr_value_order(budget, want < 0 ? "<" : ">",
				      &list.as.list.items[i], ret, &order))
			return false;
		if (order == want)
			*ret = list.as.list.items[i];
	}
	return true;
}

static bool call_min(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	return extreme(budget, call, -1, ret);
}

static bool call_max(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	return extreme(budget, call, 1, ret);
}

static bool call_sum(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	struct expr_value list, sum = expr_value_int(0);
	size_t i;

	if (call->count == 2 || call->has_named)
		sum = call->count == 2 ? call->args[1] : call->named;
	if (sum.type == EXPR_STR)
		return expr_budget_fail(budget, "sum() adds no texts: use ''.join()");
	if (!expr_value_iterate(budget, &call->args[0], &list))
		return false;
	for (i = 0; i < list.as.list.count; i++) {
		if (!expr_budget_spend(budget, 1) ||
		    !expr_op_binary(budget, EXPR_OP_ADD, &sum, &list.as.list.items[i],
				    ret))
			return false;
		sum = *ret;
	}
	*ret = sum;
	return true;
}

/* any: whether one is true; all: whether none is false */
static bool one_is(struct expr_budget *budget, struct expr_call *call, bool truth,
		   bool *ret)
{
	struct expr_value list;
	size_t i;

	if (!expr_value_iterate(budget, &call->args[0], &list) ||
	    !expr_budget_spend(budget, list.as.list.count))
		return false;
	*ret = false;
	for (i = 0; !*ret && i < list.as.list.count; i++)
		*ret = expr_value_truth(&list.as.list.items[i]) == truth;
	return true;
}

static bool call_any(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	bool found;

	if (!one_is(budget, call, true, &found))
		return false;
	*ret = expr_value_bool(found);
	return true;
}

static bool call_all(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	bool found;

	if (!one_is(budget, call, false, &found))
		return false;
	*ret = expr_value_bool(!found);
	return true;
}

/* Two sorted runs of `from` into one of `to`; equal items keep their order, also when the
 * order is reversed. */
static bool merge(struct expr_budget *budget, struct expr_value *from,
		  struct expr_value *to, size_t middle, size_t end, bool reverse)
{
	size_t a = 0, b = middle, n = 0;
	int order;

	while (a < middle && b < end) {
		if (reverse ? !expr_value_order(budget, "<", &from[a], &from[b], &order)
			    : !expr_value_order(budget, "<", &from[b], &from[a], &order))
			return false;
		to[n++] = order == -1 ? from[b++] : from[a++];
	}
	while (a < middle)
		to[n++] = from[a++];
	while (b < end)
		to[n++] = from[b++];
	return true;
}

static bool call_sorted(struct expr_budget *budget, struct expr_call *call,
			struct expr_value *ret)
{
	bool reverse = call->has_named && expr_value_truth(&call->named);
	struct expr_value list, *from, *to, *swap;
	size_t n, width, i;

	if (!expr_value_iterate(budget, &call->args[0], &list))
		return false;
	n = list.as.list.count;
	from = expr_budget_alloc(budget, n, sizeof(*from));
	to = expr_budget_alloc(budget, n, sizeof(*to));
	if (!from || !to)
		return false;
	for (i = 0; i < n; i++)
		from[i] = list.as.list.items[i];
	for (width = 1; width < n; width *= 2) {
		for (i = 0; i < n; i += 2 * width)
			if (!merge(budget, from + i, to + i,
				   i + width < n ? width : n - i,
				   i + 2 * width < n ? 2 * width : n - i, reverse))
				return false;
		swap = from;
		from = to;
		to = swap;
	}
	*ret = expr_value_list(EXPR_LIST, from, n);
	return true;
}

/* clang-format off */
static const struct expr_callee functions[] = {
	{ "abs",    1, 1, NULL,      call_abs },
	{ "all",    1, 1, NULL,      call_all },
	{ "any",    1, 1, NULL,      call_any },
	{ "bool",   0, 1, NULL,      call_bool },
	{ "dict",   0, 1, NULL,      call_dict },
	{ "float",  0, 1, NULL,      call_float },
	{ "int",    0, 1, NULL,      call_int },
	{ "len",    1, 1, NULL,      call_len },
	{ "list",   0, 1, NULL,      call_list },
	{ "max",    1, EXPR_ARGS_MAX, "default", call_max },
	{ "min",    1, EXPR_ARGS_MAX, "default", call_min },
	{ "repr",   1, 1, NULL,      call_repr },
	{ "round",  1, 2, "ndigits", call_round },
	{ "sorted", 1, 1, "reverse", call_sorted },
	{ "str",    0, 1, NULL,      call_str },
	{ "sum",    1, 2, "start",   call_sum },
	{ "tuple",  0, 1, NULL,      call_tuple },
};
/* clang-format on */

const struct expr_callee *expr_functions_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i].name) == len &&
		    memcmp(functions[i].name, name, len) == 0)
			return &functions[i];
	return NULL;
}
