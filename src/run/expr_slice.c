/*
 * expr_slice.c - what stands in square brackets behind a value
 *
 * Texts are indexed by characters, which are found by walking over their UTF-8.
 */
#include "run/expr_slice.h"

#include "run/expr_string.h"

#include <string.h>

static bool length(struct expr_budget *budget, struct expr_value *whole, int64_t *ret)
{
	size_t count;

	if (whole->type == EXPR_STR) {
		if (!expr_string_count(budget, whole, &count))
			return false;
	} else if (expr_value_open(budget, whole)) {
		count = whole->as.list.count;
	} else {
		return false;
	}
	*ret = (int64_t)count;
	return true;
}

static bool find_key(struct expr_budget *budget, struct expr_value *dict,
		     struct expr_value *key, struct expr_value *ret)
{
	struct expr_value *found;

	if (!expr_value_open(budget, dict) || !expr_value_find(budget, dict, key, &found))
		return false;
	if (!found && key->type == EXPR_STR)
		return expr_budget_fail(budget, "there is no key '%.*s'",
					key->as.text.len > 60 ? 60
							      : (int)key->as.text.len,
					key->as.text.bytes);
	if (!found)
		return expr_budget_fail(budget, "there is no such key");
	*ret = *found;
	return true;
}

static bool is_indexed(const struct expr_value *whole)
{
	return whole->type == EXPR_STR || whole->type == EXPR_LIST ||
	       whole->type == EXPR_TUPLE;
}

bool expr_slice_index(struct expr_budget *budget, struct expr_value *whole,
		      struct expr_value *index, struct expr_value *ret)
{
	int64_t n, at;

	if (whole->type == EXPR_DICT)
		return find_key(budget, whole, index, ret);
	if (!is_indexed(whole))
		return expr_budget_fail(budget, "'%s' cannot be indexed",
					expr_value_type(whole));
	if (!expr_value_is_int(index))
		return expr_budget_fail(budget, "an index must be an 'int', not '%s'",
					expr_value_type(index));
	if (!length(budget, whole, &n))
		return false;
	at = expr_value_as_int(index);
	if (at < 0)
		at += n;
	if (at < 0 || at >= n)
		return expr_budget_fail(budget, "the index is out of range");
	if (whole->type == EXPR_STR)
		return expr_string_slice(budget, whole, (size_t)at, 1, 1, ret);
	*ret = whole->as.list.items[at];
	return true;
}

/* A bound of a slice as Python clips it. */
static int64_t clip(int64_t at, int64_t n, int64_t low, int64_t high)
{
	if (at < 0)
		at += n; /* both are small enough: n is a length */
	return at < low ? low : at > high ? high : at;
}

static bool list_slice(struct expr_budget *budget, const struct expr_value *list,
		       int64_t start, int64_t step, size_t count, struct expr_value *ret)
{
	struct expr_value *items = expr_budget_alloc(budget, count, sizeof(*items));
	size_t i;

	if (!items)
		return false;
	for (i = 0; i < count; i++)
		items[i] = list->as.list.items[start + (int64_t)i * step];
	*ret = expr_value_list(list->type, items, count);
	return true;
}

bool expr_slice(struct expr_budget *budget, struct expr_value *whole,
		const struct expr_value parts[3], struct expr_value *ret)
{
	int64_t n, step = 1, start, stop;
	size_t count = 0;
	int i;

	if (!is_indexed(whole))
		return expr_budget_fail(budget, "'%s' cannot be sliced",
					expr_value_type(whole));
	for (i = 0; i < 3; i++)
		if (parts[i].type != EXPR_NONE && !expr_value_is_int(&parts[i]))
			return expr_budget_fail(budget,
						"a slice takes integers, not '%s'",
						expr_value_type(&parts[i]));
	if (parts[2].type != EXPR_NONE)
		step = expr_value_as_int(&parts[2]);
	if (step == 0)
		return expr_budget_fail(budget, "the step of a slice cannot be 0");
	if (!length(budget, whole, &n))
		return false;
	start = step < 0 ? n - 1 : 0;
	stop = step < 0 ? -1 : n;
	if (parts[0].type != EXPR_NONE)
		start = clip(expr_value_as_int(&parts[0]), n, step < 0 ? -1 : 0,
			     step < 0 ? n - 1 : n);
	if (parts[1].type != EXPR_NONE)
		stop = clip(expr_value_as_int(&parts[1]), n, step < 0 ? -1 : 0,
			    step < 0 ? n - 1 : n);
	if (step > n) /* no further than to the end, and no overflow on the way there */
		step = n + 1;
	else if (step < -n)
		step = -n - 1;
	if (step > 0 && start < stop)
		count = (size_t)((stop - start - 1) / step + 1);
	else if (step < 0 && start > stop)
		count = (size_t)((start - stop - 1) / -step + 1);
	if (count == 0)
		start = 0;
	if (whole->type == EXPR_STR)
		return expr_string_slice(budget, whole, (size_t)start, step, count, ret);
	return list_slice(budget, whole, start, step, count, ret);
}
