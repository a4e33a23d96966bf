/*
 * expr_split.c - methods that take texts apart and put them together
 *
 * Pieces point into the text that they are of; what is put together is measured first and
 * paid before it is written.
 */
#include "run/expr_split.h"

#include "run/expr_node.h"
#include "run/expr_string.h"

#include <string.h>

/* The object is a string, and argument i, if it is there, is one or None. */
static bool check(struct expr_budget *budget, struct expr_call *call, size_t i)
{
	if (call->args[0].type != EXPR_STR)
		return expr_budget_fail(budget, "'%s' has no method '%s'",
					expr_value_type(&call->args[0]), call->name);
	if (i < call->count && call->args[i].type != EXPR_STR &&
	    call->args[i].type != EXPR_NONE)
		return expr_budget_fail(budget, "'%s' takes a 'str', not '%s'",
					call->name, expr_value_type(&call->args[i]));
	return expr_budget_scan(budget, call->args[0].as.text.len);
}

/* The same where None is none. */
static bool check_text(struct expr_budget *budget, struct expr_call *call, size_t i)
{
	if (call->args[0].type == EXPR_STR && i < call->count &&
	    call->args[i].type == EXPR_NONE)
		return expr_budget_fail(budget, "'%s' takes a 'str', not 'NoneType'",
					call->name);
	return check(budget, call, i);
}

/* Whether a character is to be stripped: white space, or one of a set. */
static bool is_stripped(const struct expr_value *set, const char *p, size_t n)
{
	struct expr_value character = expr_value_text(p, n);

	if (!set)
		return expr_string_is_space(expr_string_code(p));
	return expr_string_find(set->as.text.bytes, set->as.text.len, &character) != NULL;
}

static bool strip(struct expr_budget *budget, struct expr_call *call, bool left,
		  bool right, struct expr_value *ret)
{
	const struct expr_value *set = NULL;
	const char *p, *end, *last;
	size_t cost = 1;

	if (!check(budget, call, 1))
		return false;
	if (call->count == 2 && call->args[1].type == EXPR_STR) {
		set = &call->args[1];
		cost += set->as.text.len / 32;
	}
	p = call->args[0].as.text.bytes;
	end = p + call->args[0].as.text.len;
	while (left && p < end && is_stripped(set, p, expr_string_width(p, end))) {
		p += expr_string_width(p, end);
		if (!expr_budget_spend(budget, cost))
			return false;
	}
	while (right && end > p) {
		last = end - 1;
		while (((unsigned char)*last & 0xC0) == 0x80)
			last--;
		if (!is_stripped(set, last, (size_t)(end - last)))
			break;
		end = last;
		if (!expr_budget_spend(budget, cost))
			return false;
	}
	*ret = expr_value_text(p, (size_t)(end - p));
	return true;
}

bool expr_split_strip(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	return strip(budget, call, true, true, ret);
}

bool expr_split_lstrip(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	return strip(budget, call, true, false, ret);
}

bool expr_split_rstrip(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret)
{
	return strip(budget, call, false, true, ret);
}

/* A list that grows, within the budget. */
struct pieces {
	struct expr_value *items;
	size_t count;
	size_t room;
};

static bool add_piece(struct expr_budget *budget, struct pieces *pieces, const char *p,
		      const char *end)
{
	struct expr_value *items;
	size_t room = pieces->room ? pieces->room * 2 : 8;

	if (pieces->count == pieces->room) {
		items = expr_budget_alloc(budget, room, sizeof(*items));
		if (!items)
			return false;
		if (pieces->count)
			memcpy(items, pieces->items, pieces->count * sizeof(*items));
		pieces->items = items;
		pieces->room = room;
	}
	pieces->items[pieces->count++] = expr_value_text(p, (size_t)(end - p));
	return expr_budget_spend(budget, 1);
}

static const char *skip_space(const char *p, const char *end, bool space)
{
	while (p < end && expr_string_is_space(expr_string_code(p)) == space)
		p += expr_string_width(p, end);
	return p;
}

static bool split_space(struct expr_budget *budget, const struct expr_value *text,
			int64_t max, struct pieces *pieces)
{
	const char *p = text->as.text.bytes, *end = p + text->as.text.len, *stop;

	for (p = skip_space(p, end, true); p < end; p = skip_space(stop, end, true)) {
		stop = skip_space(p, end, false);
		if (max >= 0 && pieces->count == (size_t)max)
			stop = end; /* all the rest, white space behind it too */
		if (!add_piece(budget, pieces, p, stop))
			return false;
	}
	return true;
}

static bool split_text(struct expr_budget *budget, const struct expr_value *text,
		       const struct expr_value *separator, int64_t max,
		       struct pieces *pieces)
{
	const char *p = text->as.text.bytes, *end = p + text->as.text.len, *at;

	while ((max < 0 || pieces->count < (size_t)max) &&
	       (at = expr_string_find(p, (size_t)(end - p), separator))) {
		if (!add_piece(budget, pieces, p, at))
			return false;
		p = at + separator->as.text.len;
	}
	return add_piece(budget, pieces, p, end);
}

bool expr_split_split(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	struct expr_value *separator = call->count > 1 ? &call->args[1] : NULL;
	struct pieces pieces = { 0 };
	struct expr_value *max = NULL;
	int64_t times = -1;

	if (!check(budget, call, 1))
		return false;
	if (call->count == 3)
		max = &call->args[2];
	else if (call->has_named)
		max = &call->named;
	if (max && !expr_value_is_int(max))
		return expr_budget_fail(budget, "how often to split is an 'int'");
	if (max)
		times = expr_value_as_int(max);
	if (separator && separator->type == EXPR_NONE)
		separator = NULL;
	if (separator && separator->as.text.len == 0)
		return expr_budget_fail(budget, "the separator is empty");
	if (separator ? !split_text(budget, &call->args[0], separator, times, &pieces)
		      : !split_space(budget, &call->args[0], times, &pieces))
		return false;
	*ret = expr_value_list(EXPR_LIST, pieces.items, pieces.count);
	return true;
}

static bool ends_line(unsigned code)
{
	return (code >= 10 && code <= 13) || (code >= 0x1c && code <= 0x1e) ||
	       code == 0x85 || code == 0x2028 || code == 0x2029;
}

bool expr_split_lines(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret)
{
	struct pieces pieces = { 0 };
	const char *p, *end, *stop;

	if (!check(budget, call, 1))
		return false;
	p = call->args[0].as.text.bytes;
	end = p + call->args[0].as.text.len;
	while (p < end) {
		stop = p;
		while (stop < end && !ends_line(expr_string_code(stop)))
			stop += expr_string_width(stop, end);
		if (!add_piece(budget, &pieces, p, stop))
			return false;
		p = stop;
		if (p < end)
			p += *p == '\r' && p + 1 < end && p[1] == '\n'
				     ? 2
				     : expr_string_width(p, end);
	}
	*ret = expr_value_list(EXPR_LIST, pieces.items, pieces.count);
	return true;
}

static bool partition(struct expr_budget *budget, struct expr_call *call, bool last,
		      struct expr_value *ret)
{
	const struct expr_value *object = &call->args[0], *separator = &call->args[1];
	const char *bytes = object->as.text.bytes, *end, *at;
	struct expr_value *items;
	size_t n;

	if (!check_text(budget, call, 1))
		return false;
	n = separator->as.text.len;
	end = bytes + object->as.text.len;
	if (n == 0)
		return expr_budget_fail(budget, "the separator is empty");
	if (!last)
		at = expr_string_find(bytes, object->as.text.len, separator);
	else if (!expr_string_rfind(budget, bytes, object->as.text.len, separator, &at))
		return false;
	items = expr_budget_alloc(budget, 3, sizeof(*items));
	if (!items)
		return false;
	items[0] = items[1] = items[2] = expr_value_text("", 0);
	if (!at) {
		items[last ? 2 : 0] = *object;
	} else {
		items[0] = expr_value_text(bytes, (size_t)(at - bytes));
		items[1] = *separator;
		items[2] = expr_value_text(at + n, (size_t)(end - at) - n);
	}
	*ret = expr_value_list(EXPR_TUPLE, items, 3);
	return true;
}

bool expr_split_partition(struct expr_budget *budget, struct expr_call *call,
			  struct expr_value *ret)
{
	return partition(budget, call, false, ret);
}

bool expr_split_rpartition(struct expr_budget *budget, struct expr_call *call,
			   struct expr_value *ret)
{
	return partition(budget, call, true, ret);
}

bool expr_split_join(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret)
{
	const struct expr_value *between = &call->args[0];
	struct expr_value list;
	size_t total = 0, i;
	char *bytes, *p;

	if (!check(budget, call, 2) || !expr_value_iterate(budget, &call->args[1], &list))
		return false;
	for (i = 0; i < list.as.list.count; i++) {
		const struct expr_value *item = &list.as.list.items[i];

		if (item->type != EXPR_STR)
			return expr_budget_fail(budget, "'join' takes texts, not '%s'",
						expr_value_type(item));
		if (!expr_budget_spend(budget, 1))
			return false;
		total += item->as.text.len + (i ? between->as.text.len : 0);
	}
	bytes = p = expr_budget_alloc(budget, total, 1);
	if (!bytes)
		return false;
	for (i = 0; i < list.as.list.count; i++) {
		const struct expr_value *item = &list.as.list.items[i];

		if (i > 0)
			p = mempcpy(p, between->as.text.bytes, between->as.text.len);
		p = mempcpy(p, item->as.text.bytes, item->as.text.len);
	}
	*ret = expr_value_text(bytes, total);
	return true;
}

/* Write the text with its replacements to `to`, or only measure (to is NULL). */
static bool replace(struct expr_budget *budget, struct expr_call *call, int64_t max,
		    char *to, size_t *ret)
{
	const struct expr_value *old = &call->args[1], *new = &call->args[2];
	const char *p = call->args[0].as.text.bytes;
	const char *end = p + call->args[0].as.text.len, *at, *next;
	size_t n = 0;

	for (; max != 0 && (at = expr_string_find(p, (size_t)(end - p), old)); max--) {
		/* an empty text is found before each character and at the end */
		next = at + old->as.text.len;
		if (!expr_budget_spend(budget, 1))
			return false;
		if (to)
			memcpy(mempcpy(to + n, p, (size_t)(at - p)), new->as.text.bytes,
			       new->as.text.len);
		n += (size_t)(at - p) + new->as.text.len;
		p = next;
		if (old->as.text.len > 0)
			continue;
		if (p == end)
			break;
		next = p + expr_string_width(p, end);
		if (to)
			memcpy(to + n, p, (size_t)(next - p));
		n += (size_t)(next - p);
		p = next;
	}
	if (to)
		memcpy(to + n, p, (size_t)(end - p));
	*ret = n + (size_t)(end - p);
	return true;
}

bool expr_split_replace(struct expr_budget *budget, struct expr_call *call,
			struct expr_value *ret)
{
	int64_t max = -1;
	size_t len;
	char *bytes;

	if (!check_text(budget, call, 1) || !check_text(budget, call, 2))
		return false;
	if (call->count == 4 && !expr_value_is_int(&call->args[3]))
		return expr_budget_fail(budget, "how often to replace is an 'int'");
	if (call->count == 4)
		max = expr_value_as_int(&call->args[3]);
	if (!replace(budget, call, max, NULL, &len))
		return false;
	bytes = expr_budget_alloc(budget, len, 1);
	if (!bytes || !replace(budget, call, max, bytes, &len))
		return false;
	*ret = expr_value_text(bytes, len);
	return true;
}
