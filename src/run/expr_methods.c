/*
 * expr_methods.c - the methods of strings, lists, tuples and dicts
 *
 * A row a name; names that several types have (count, index) look at the object's type.
 * Methods that change their object are no rows, and so refused: an expression has no
 * effects. Methods of strings that build long texts are in expr_split.c.
 */
#include "run/expr_methods.h"

#include "run/expr_case.h"
#include "run/expr_node.h"
#include "run/expr_slice.h"
#include "run/expr_split.h"
#include "run/expr_string.h"

#include <string.h>

/* Whether the object has the type that the method is of. */
static bool needs(struct expr_budget *budget, struct expr_call *call, enum expr_type type)
{
	if (call->args[0].type != type)
		return expr_budget_fail(budget, "'%s' has no method '%s'",
					expr_value_type(&call->args[0]), call->name);
	return type != EXPR_DICT || expr_value_open(budget, &call->args[0]);
}

/* A string whose argument i, if it is there, is a string, too. */
static bool needs_text(struct expr_budget *budget, struct expr_call *call, size_t i)
{
	if (!needs(budget, call, EXPR_STR) ||
	    !expr_budget_scan(budget, call->args[0].as.text.len))
		return false;
	if (i < call->count && call->args[i].type != EXPR_STR)
		return expr_budget_fail(budget, "'%s' takes a 'str', not '%s'",
					call->name, expr_value_type(&call->args[i]));
	return true;
}

static bool change_case(struct expr_budget *budget, struct expr_call *call,
			enum expr_case_map map, struct expr_value *ret)
{
	return needs(budget, call, EXPR_STR) &&
	       expr_case_change(budget, map, &call->args[0], ret);
}

static bool call_lower(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	return change_case(budget, call, EXPR_CASE_LOWER, ret);
}

static bool call_upper(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	return change_case(budget, call, EXPR_CASE_UPPER, ret);
}

static bool call_swapcase(struct expr_budget *budget, struct expr_call *call,
			  struct expr_value *ret)
{
	return change_case(budget, call, EXPR_CASE_SWAP, ret);
}

static bool call_capitalize(struct expr_budget *budget, struct expr_call *call,
			    struct expr_value *ret)
{
	return change_case(budget, call, EXPR_CASE_CAPITALIZE, ret);
}

static bool call_title(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	return change_case(budget, call, EXPR_CASE_TITLE, ret);
}

static bool ask_class(struct expr_budget *budget, struct expr_call *call,
		      enum expr_case_class class, struct expr_value *ret)
{
	if (!needs(budget, call, EXPR_STR) ||
	    !expr_budget_spend(budget, call->args[0].as.text.len / 4))
		return false;
	*ret = expr_value_bool(expr_case_is(class, &call->args[0]));
	return true;
}

static bool call_isalpha(struct expr_budget *budget, struct expr_call *call,
			 struct expr_value *ret)
{
	return ask_class(budget, call, EXPR_CASE_ALPHA, ret);
}

static bool call_isalnum(struct expr_budget *budget, struct expr_call *call,
			 struct expr_value *ret)
{
	return ask_class(budget, call, EXPR_CASE_ALNUM, ret);
}

static bool call_isdigit(struct expr_budget *budget, struct expr_call *call,
			 struct expr_value *ret)
{
	return ask_class(budget, call, EXPR_CASE_DIGIT, ret);
}

static bool call_isspace(struct expr_budget *budget, struct expr_call *call,
			 struct expr_value *ret)
{
	return ask_class(budget, call, EXPR_CASE_SPACE, ret);
}

static bool call_islower(struct expr_budget *budget, struct expr_call *call,
			 struct expr_value *ret)
{
	return ask_class(budget, call, EXPR_CASE_IS_LOWER, ret);
}

static bool call_isupper(struct expr_budget *budget, struct expr_call *call,
			 struct expr_value *ret)
{
	return ask_class(budget, call, EXPR_CASE_IS_UPPER, ret);
}

/* Whether the object starts (or ends) with the argument. */
static bool touches(struct expr_value *object, const struct expr_value *part, bool at_end)
{
	size_t len = object->as.text.len, n = part->as.text.len;

	return n <= len && memcmp(object->as.text.bytes + (at_end ? len - n : 0),
				  part->as.text.bytes, n) == 0;
}

static bool touches_any(struct expr_budget *budget, struct expr_call *call, bool at_end,
			struct expr_value *ret)
{
	const struct expr_value *parts = &call->args[1];
	size_t count = 1, i;
	bool found = false;

	if (!needs(budget, call, EXPR_STR))
		return false;
	if (call->args[1].type == EXPR_TUPLE) {
		count = call->args[1].as.list.count;
		parts = call->args[1].as.list.items;
	}
	for (i = 0; !found && i < count; i++) {
		if (parts[i].type != EXPR_STR)
			return expr_budget_fail(
				budget, "'%s' takes a 'str' or a tuple of them, not '%s'",
				call->name, expr_value_type(&parts[i]));
		if (!expr_budget_spend(budget, 1 + parts[i].as.text.len / 32))
			return false;
		found = touches(&call->args[0], &parts[i], at_end);
	}
	*ret = expr_value_bool(found);
	return true;
}

static bool call_startswith(struct expr_budget *budget, struct expr_call *call,
			    struct expr_value *ret)
{
	return touches_any(budget, call, false, ret);
}

static bool call_endswith(struct expr_budget *budget, struct expr_call *call,
			  struct expr_value *ret)
{
	return touches_any(budget, call, true, ret);
}

static bool call_removeprefix(struct expr_budget *budget, struct expr_call *call,
			      struct expr_value *ret)
{
	size_t n;

	if (!needs_text(budget, call, 1))
		return false;
	n = touches(&call->args[0], &call->args[1], false) ? call->args[1].as.text.len
							   : 0;
	*ret = expr_value_text(call->args[0].as.text.bytes + n,
			       call->args[0].as.text.len - n);
	return true;
}

static bool call_removesuffix(struct expr_budget *budget, struct expr_call *call,
			      struct expr_value *ret)
{
	size_t n;

	if (!needs_text(budget, call, 1))
		return false;
	n = touches(&call->args[0], &call->args[1], true) ? call->args[1].as.text.len : 0;
	*ret = expr_value_text(call->args[0].as.text.bytes,
			       call->args[0].as.text.len - n);
	return true;
}

/* The place in characters, -1 when it is not there. */
static bool place(struct expr_budget *budget, struct expr_call *call, bool last,
		  int64_t *ret)
{
	struct expr_value *object = &call->args[0], before;
	const char *bytes = object->as.text.bytes, *at;
	size_t n;

	if (!needs_text(budget, call, 1))
		return false;
	if (!last)
		at = expr_string_find(bytes, object->as.text.len, &call->args[1]);
	else if (!expr_string_rfind(budget, bytes, object->as.text.len, &call->args[1],
				    &at))
		return false;
	*ret = -1;
	if (!at)
		return true;
	before = expr_value_text(bytes, (size_t)(at - bytes));
	if (!expr_string_count(budget, &before, &n))
		return false;
	*ret = (int64_t)n;
	return true;
}

static bool call_find(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	int64_t at;

	if (!place(budget, call, false, &at))
		return false;
	*ret = expr_value_int(at);
	return true;
}

static bool call_rfind(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	int64_t at;

	if (!place(budget, call, true, &at))
		return false;
	*ret = expr_value_int(at);
	return true;
}

static bool not_in_it(struct expr_budget *budget)
{
	return expr_budget_fail(budget, "what is looked for is not in it");
}

static bool text_index(struct expr_budget *budget, struct expr_call *call, bool last,
		       struct expr_value *ret)
{
	int64_t at;

	if (!place(budget, call, last, &at))
		return false;
	if (at < 0)
		return not_in_it(budget);
	*ret = expr_value_int(at);
	return true;
}

static bool call_rindex(struct expr_budget *budget, struct expr_call *call,
			struct expr_value *ret)
{
	return text_index(budget, call, true, ret);
}

static bool needs_list(struct expr_budget *budget, struct expr_call *call)
{
	if (call->args[0].type != EXPR_LIST && call->args[0].type != EXPR_TUPLE)
		return needs(budget, call, EXPR_LIST);
	return expr_value_open(budget, &call->args[0]);
}

static bool call_index(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	struct expr_value *object = &call->args[0];
	bool equal = false;
	size_t i;

	if (object->type == EXPR_STR)
		return text_index(budget, call, false, ret);
	if (!needs_list(budget, call))
		return false;
	for (i = 0; i < object->as.list.count; i++) {
		if (!expr_value_equal(budget, &object->as.list.items[i], &call->args[1],
				      &equal))
			return false;
		if (equal) {
			*ret = expr_value_int((int64_t)i);
			return true;
		}
	}
	return not_in_it(budget);
}

static bool count_text(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	const char *p = call->args[0].as.text.bytes, *end, *at;
	size_t n = 0,
	       step = call->args[1].type == EXPR_STR ? call->args[1].as.text.len : 0;

	if (!needs_text(budget, call, 1))
		return false;
	if (step == 0) { /* before each character and at the end */
		if (!expr_string_count(budget, &call->args[0], &n))
			return false;
		*ret = expr_value_int((int64_t)n + 1);
		return true;
	}
	end = p + call->args[0].as.text.len;
	while ((at = expr_string_find(p, (size_t)(end - p), &call->args[1]))) {
		if (!expr_budget_spend(budget, 1))
			return false;
		p = at + step;
		n++;
	}
	*ret = expr_value_int((int64_t)n);
	return true;
}

static bool call_count(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	struct expr_value *object = &call->args[0];
	int64_t n = 0;
	bool equal;
	size_t i;

	if (object->type == EXPR_STR)
		return count_text(budget, call, ret);
	if (!needs_list(budget, call))
		return false;
	for (i = 0; i < object->as.list.count; i++) {
		if (!expr_value_equal(budget, &object->as.list.items[i], &call->args[1],
				      &equal))
			return false;
		n += equal;
	}
	*ret = expr_value_int(n);
	return true;
}

static bool call_get(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	struct expr_value *found;

	if (!needs(budget, call, EXPR_DICT) ||
	    !expr_value_find(budget, &call->args[0], &call->args[1], &found))
		return false;
	*ret = found ? *found : call->count == 3 ? call->args[2] : expr_value_none();
	return true;
}

static bool call_keys(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	if (!needs(budget, call, EXPR_DICT) ||
	    !expr_value_iterate(budget, &call->args[0], ret))
		return false;
	ret->type = EXPR_KEYS;
	return true;
}

static bool call_values(struct expr_budget *budget, struct expr_call *call,
			struct expr_value *ret)
{
	const struct expr_value *from;
	struct expr_value *items;
	size_t n, i;

	if (!needs(budget, call, EXPR_DICT))
		return false;
	from = call->args[0].as.list.items;
	n = call->args[0].as.list.count;
	items = expr_budget_alloc(budget, n, sizeof(*items));
	if (!items)
		return false;
	for (i = 0; i < n; i++)
		items[i] = from[2 * i + 1];
	*ret = expr_value_list(EXPR_VALUES, items, n);
	return true;
}

/* Each pair is a tuple over the dict's own two places. */
static bool call_items(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	struct expr_value *items, *from;
	size_t n, i;

	if (!needs(budget, call, EXPR_DICT))
		return false;
	from = call->args[0].as.list.items;
	n = call->args[0].as.list.count;
	items = expr_budget_alloc(budget, n, sizeof(*items));
	if (!items)
		return false;
	for (i = 0; i < n; i++)
		items[i] = expr_value_list(EXPR_TUPLE, &from[2 * i], 2);
	*ret = expr_value_list(EXPR_ITEMS, items, n);
	return true;
}

static bool call_copy(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	if (call->args[0].type != EXPR_LIST && !needs(budget, call, EXPR_DICT))
		return false;
	*ret = call->args[0]; /* values never change */
	return true;
}

/* clang-format off */
static const struct expr_callee methods[] = {
	{ "capitalize",   0, 0, NULL,       call_capitalize },
	{ "copy",         0, 0, NULL,       call_copy },
	{ "count",        1, 1, NULL,       call_count },
	{ "endswith",     1, 1, NULL,       call_endswith },
	{ "find",         1, 1, NULL,       call_find },
	{ "get",          1, 2, NULL,       call_get },
	{ "index",        1, 1, NULL,       call_index },
	{ "isalnum",      0, 0, NULL,       call_isalnum },
	{ "isalpha",      0, 0, NULL,       call_isalpha },
	{ "isdecimal",    0, 0, NULL,       call_isdigit },
	{ "isdigit",      0, 0, NULL,       call_isdigit },
	{ "islower",      0, 0, NULL,       call_islower },
	{ "isnumeric",    0, 0, NULL,       call_isdigit },
	{ "isspace",      0, 0, NULL,       call_isspace },
	{ "isupper",      0, 0, NULL,       call_isupper },
	{ "items",        0, 0, NULL,       call_items },
	{ "join",         1, 1, NULL,       expr_split_join },
	{ "keys",         0, 0, NULL,       call_keys },
	{ "lower",        0, 0, NULL,       call_lower },
	{ "lstrip",       0, 1, NULL,       expr_split_lstrip },
	{ "partition",    1, 1, NULL,       expr_split_partition },
	{ "removeprefix", 1, 1, NULL,       call_removeprefix },
	{ "removesuffix", 1, 1, NULL,       call_removesuffix },
	{ "replace",      2, 3, NULL,       expr_split_replace },
	{ "rfind",        1, 1, NULL,       call_rfind },
	{ "rindex",       1, 1, NULL,       call_rindex },
	{ "rpartition",   1, 1, NULL,       expr_split_rpartition },
	{ "rstrip",       0, 1, NULL,       expr_split_rstrip },
	{ "split",        0, 2, "maxsplit", expr_split_split },
	{ "splitlines",   0, 0, NULL,       expr_split_lines },
	{ "startswith",   1, 1, NULL,       call_startswith },
	{ "strip",        0, 1, NULL,       expr_split_strip },
	{ "swapcase",     0, 0, NULL,       call_swapcase },
	{ "title",        0, 0, NULL,       call_title },
	{ "upper",        0, 0, NULL,       call_upper },
	{ "values",       0, 0, NULL,       call_values },
};
/* clang-format on */

const struct expr_callee *expr_methods_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i].name) == len &&
		    memcmp(methods[i].name, name, len) == 0)
			return &methods[i];
	return NULL;
}
