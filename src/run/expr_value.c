/*
 * expr_value.c - the values that expressions work on
 *
 * Values of the state are read from their JSON text one level at a time: what a container
 * holds is found by matching quotes and brackets, which is enough for text that is known
 * to be valid and compact (run/state.h). Nothing here is deeper than a state value's
 * levels plus an expression's, so comparing by recursion is bounded.
 *
 * Dicts are searched in order: those that expressions look into are small, and whoever
 * has a large one pays for it from the budget.
 */
#include "run/expr_value.h"

#include "base/arena.h"
#include "base/str.h"
#include "run/jsontext.h"
#include "run/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[EXPR_NTYPES] = {
	[EXPR_NONE] = "NoneType",    [EXPR_BOOL] = "bool",
	[EXPR_INT] = "int",          [EXPR_FLOAT] = "float",
	[EXPR_STR] = "str",          [EXPR_LIST] = "list",
	[EXPR_TUPLE] = "tuple",      [EXPR_DICT] = "dict",
	[EXPR_KEYS] = "dict_keys",   [EXPR_VALUES] = "dict_values",
	[EXPR_ITEMS] = "dict_items",
};

struct expr_value expr_value_none(void)
{
	return (struct expr_value){ .type = EXPR_NONE };
}

struct expr_value expr_value_bool(bool b)
{
	return (struct expr_value){ .type = EXPR_BOOL, .as.boolean = b };
}

struct expr_value expr_value_int(int64_t n)
{
	return (struct expr_value){ .type = EXPR_INT, .as.integer = n };
}

struct expr_value expr_value_float(double d)
{
	return (struct expr_value){ .type = EXPR_FLOAT, .as.real = d };
}

struct expr_value expr_value_text(const char *bytes, size_t len)
{
	return (struct expr_value){ .type = EXPR_STR,
				    .as.text = { .bytes = bytes, .len = len } };
}

struct expr_value expr_value_list(enum expr_type type, struct expr_value *items,
				  size_t count)
{
	return (struct expr_value){ .type = type,
				    .as.list = { .items = items, .count = count } };
}

const char *expr_value_type(const struct expr_value *value)
{
	return type_names[value->type];
}

bool expr_value_is_int(const struct expr_value *value)
{
	return value->type == EXPR_INT || value->type == EXPR_BOOL;
}

int64_t expr_value_as_int(const struct expr_value *value)
{
	return value->type == EXPR_BOOL ? value->as.boolean : value->as.integer;
}

bool expr_value_is_number(const struct expr_value *value)
{
	return expr_value_is_int(value) || value->type == EXPR_FLOAT;
}

double expr_value_as_float(const struct expr_value *value)
{
	return value->type == EXPR_FLOAT ? value->as.real
					 : (double)expr_value_as_int(value);
}

/* Behind the string that begins at p. */
static const char *skip_text(const char *p)
{
	for (p++; *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p + 1;
}

/* Behind the value that begins at p and ends before end at the latest. */
static const char *skip_value(const char *p, const char *end)
{
	int depth = 0;

	do {
		if (*p == '"') {
			p = skip_text(p);
			continue;
		}
		if (*p == '[' || *p == '{')
			depth++;
		else if (*p == ']' || *p == '}')
			depth--;
		p++;
		/* a number or a word goes on to what separates values */
	} while (p < end && (depth > 0 || (*p != ',' && *p != ']' && *p != '}')));
	return p;
}

static bool read_text(struct expr_budget *budget, const char *json, size_t len,
		      struct expr_value *ret)
{
	struct str text = STR_INIT;
	char *copy;

	if (!memchr(json, '\\', len)) {
		*ret = expr_value_text(json + 1, len - 2);
		return true;
	}
	copy = expr_budget_alloc(budget, len, 1);
	if (!copy)
		return false;
	jsontext_unquote(&text, json, len);
	if (text.len)
		memcpy(copy, text.data, text.len);
	*ret = expr_value_text(copy, text.len);
	str_deinit(&text);
	return true;
}

/* The text is within a NUL-terminated one, and what follows a number is no part of it. */
static void read_number(const char *json, size_t len, struct expr_value *ret)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (json[i] == '.' || json[i] == 'e' || json[i] == 'E')
			break;
	*ret = i < len ? expr_value_float(strtod(json, NULL))
		       : expr_value_int(strtoll(json, NULL, 10));
}

/* A value from its JSON text; containers stay unread. */
static bool read_value(struct expr_budget *budget, const char *json, size_t len,
		       struct expr_value *ret)
{
	switch (json[0]) {
	case '"':
		return read_text(budget, json, len, ret);
	case 't':
	case 'f':
		*ret = expr_value_bool(json[0] == 't');
		return true;
	case 'n':
		*ret = expr_value_none();
		return true;
	case '[':
	case '{':
		*ret = (struct expr_value){ .type = json[0] == '[' ? EXPR_LIST
								   : EXPR_DICT,
					    .member = json[0] == '{',
					    .unread = true,
					    .as.json = { .bytes = json, .len = len } };
		return true;
	default:
		read_number(json, len, ret);
		return true;
	}
}

bool expr_value_state(struct expr_budget *budget, const struct state *state,
		      struct expr_value *ret)
{
	struct state_iter it = state_iter(state);
	size_t count = state_count(state), i;
	const struct state_pair *pair;
	struct expr_value *items;

	items = expr_budget_alloc(budget, count * 2, sizeof(*items));
	if (!items)
		return false;
	for (i = 0; (pair = state_next(&it)); i++) {
		items[2 * i] = expr_value_text(pair->key, pair->key_len);
		if (!read_value(budget, pair->json, pair->json_len, &items[2 * i + 1]))
			return false;
	}
	*ret = expr_value_list(EXPR_DICT, items, count);
	ret->member = true;
	return true;
}

/* Texts of a list, keys and values of an object. */
static size_t count_texts(const char *p, const char *end)
{
	size_t n = 0;

	while (p < end) {
		p = skip_value(p, end) + 1;
		n++;
	}
	return n;
}

bool expr_value_count(struct expr_budget *budget, const struct expr_value *value,
		      size_t *ret)
{
	const char *json = value->as.json.bytes;
	size_t len = value->as.json.len;

	if (!value->unread) {
		*ret = value->as.list.count;
		return true;
	}
	if (!expr_budget_scan(budget, len))
		return false;
	*ret = count_texts(json + 1, json + len - 1);
	return true;
}

bool expr_value_open(struct expr_budget *budget, struct expr_value *value)
{
	size_t width = value->type == EXPR_DICT ? 2 : 1, count, n;
	const char *p, *end, *stop;
	struct expr_value *items;

	if (!value->unread)
		return true;
	p = value->as.json.bytes + 1;
	end = value->as.json.bytes + value->as.json.len - 1;
	if (!expr_value_count(budget, value, &count))
		return false;
	items = expr_budget_alloc(budget, count * width, sizeof(*items));
	if (!items || !expr_budget_scan(budget, value->as.json.len))
		return false;
	for (n = 0; p < end; n++) {
		if (width == 2) {
			stop = skip_text(p);
			if (!read_value(budget, p, (size_t)(stop - p), &items[2 * n]))
				return false;
			p = stop + 1; /* the colon */
		}
		stop = skip_value(p, end);
		if (!read_value(budget, p, (size_t)(stop - p),
				&items[width * n + width - 1]))
			return false;
		p = stop + 1; /* the comma */
	}
	value->as.list.items = items;
	value->as.list.count = count;
	value->unread = false;
	return true;
}

bool expr_value_truth(const struct expr_value *value)
{
	switch (value->type) {
	case EXPR_NONE:
		return false;
	case EXPR_BOOL:
		return value->as.boolean;
	case EXPR_INT:
		return value->as.integer != 0;
	case EXPR_FLOAT:
		return value->as.real != 0;
	case EXPR_STR:
		return value->as.text.len > 0;
	case EXPR_LIST:
	case EXPR_TUPLE:
	case EXPR_DICT:
	case EXPR_KEYS:
	case EXPR_VALUES:
	case EXPR_ITEMS:
		return value->unread ? value->as.json.len > 2 : value->as.list.count > 0;
	case EXPR_NTYPES:
		break;
	}
	return false;
}

/* Exact, as Python compares an int with a float: no rounding to a double first. */
static int order_int_float(int64_t n, double d)
{
	int64_t whole;

	if (isnan(d))
		return 2;
	if (d >= 9223372036854775808.)
		return -1;
	if (d < -9223372036854775808.)
		return 1;
	whole = (int64_t)d;
	if (n != whole)
		return n < whole ? -1 : 1;
	d -= (double)whole;
	return d > 0 ? -1 : d < 0 ? 1 : 0;
}

static int order_numbers(const struct expr_value *a, const struct expr_value *b)
{
	int64_t x, y;
	int order;

	if (a->type == EXPR_FLOAT && b->type == EXPR_FLOAT) {
		if (isnan(a->as.real) || isnan(b->as.real))
			return 2;
		return (a->as.real > b->as.real) - (a->as.real < b->as.real);
	}
	if (a->type == EXPR_FLOAT) {
		order = order_int_float(expr_value_as_int(b), a->as.real);
		return order == 2 ? 2 : -order;
	}
	if (b->type == EXPR_FLOAT)
		return order_int_float(expr_value_as_int(a), b->as.real);
	x = expr_value_as_int(a);
	y = expr_value_as_int(b);
	return (x > y) - (x < y);
}

/* UTF-8 has the order of its code points. */
static int order_texts(const struct expr_value *a, const struct expr_value *b)
{
	size_t x = a->as.text.len, y = b->as.text.len, n = x < y ? x : y;
	int order = n ? memcmp(a->as.text.bytes, b->as.text.bytes, n) : 0;

	if (order)
		return order < 0 ? -1 : 1;
	return (x > y) - (x < y);
}

static bool is_view(const struct expr_value *value)
{
	return value->type == EXPR_KEYS || value->type == EXPR_VALUES ||
	       value->type == EXPR_ITEMS;
}

static bool equal_lists(struct expr_budget *budget, const struct expr_value *a,
			const struct expr_value *b, bool *ret)
{
	size_t i;

	*ret = a->as.list.count == b->as.list.count;
	for (i = 0; *ret && i < a->as.list.count; i++)
		if (!expr_value_equal(budget, &a->as.list.items[i], &b->as.list.items[i],
				      ret))
			return false;
	return true;
}

static bool equal_dicts(struct expr_budget *budget, const struct expr_value *a,
			const struct expr_value *b, bool *ret)
{
	struct expr_value *found;
	size_t i;

	*ret = a->as.list.count == b->as.list.count;
	for (i = 0; *ret && i < a->as.list.count; i++) {
		if (!expr_value_find(budget, b, &a->as.list.items[2 * i], &found))
			return false;
		*ret = found != NULL;
		if (found &&
		    !expr_value_equal(budget, &a->as.list.items[2 * i + 1], found, ret))
			return false;
	}
	return true;
}

bool expr_value_equal(struct expr_budget *budget, struct expr_value *a,
		      struct expr_value *b, bool *ret)
{
	if (!expr_budget_spend(budget, 1))
		return false;
	if (expr_value_is_number(a) && expr_value_is_number(b)) {
		*ret = order_numbers(a, b) == 0;
		return true;
	}
	if (is_view(a) || is_view(b))
		return expr_budget_fail(budget, "'%s' cannot be compared in expressions",
					expr_value_type(is_view(a) ? a : b));
	*ret = a->type == b->type;
	if (!*ret || a->type == EXPR_NONE)
		return true;
	if (a->type == EXPR_STR) {
		*ret = a->as.text.len == b->as.text.len;
		if (!*ret)
			return true;
		*ret = order_texts(a, b) == 0;
		return expr_budget_scan(budget, a->as.text.len);
	}
	if (!expr_value_open(budget, a) || !expr_value_open(budget, b))
		return false;
	return a->type == EXPR_DICT ? equal_dicts(budget, a, b, ret)
				    : equal_lists(budget, a, b, ret);
}

bool expr_value_order(struct expr_budget *budget, const char *op, struct expr_value *a,
		      struct expr_value *b, int *ret)
{
	size_t i, n;
	bool equal;

	if (!expr_budget_spend(budget, 1))
		return false;
	if (expr_value_is_number(a) && expr_value_is_number(b)) {
		*ret = order_numbers(a, b);
		return true;
	}
	if (a->type == EXPR_STR && b->type == EXPR_STR) {
		*ret = order_texts(a, b);
		return expr_budget_scan(budget, a->as.text.len);
	}
	if (a->type != b->type || (a->type != EXPR_LIST && a->type != EXPR_TUPLE))
		return expr_budget_fail(budget,
					"'%s' is not defined between '%s' and '%s'", op,
					expr_value_type(a), expr_value_type(b));
	if (!expr_value_open(budget, a) || !expr_value_open(budget, b))
		return false;
	n = a->as.list.count < b->as.list.count ? a->as.list.count : b->as.list.count;
	for (i = 0; i < n; i++) { /* Python looks for the first pair that differs */
		if (!expr_value_equal(budget, &a->as.list.items[i], &b->as.list.items[i],
				      &equal))
			return false;
		if (!equal)
			return expr_value_order(budget, op, &a->as.list.items[i],
						&b->as.list.items[i], ret);
	}
	*ret = (a->as.list.count > b->as.list.count) -
	       (a->as.list.count < b->as.list.count);
	return true;
}

static bool can_be_key(struct expr_budget *budget, const struct expr_value *key)
{
	size_t i;

	if (key->type == EXPR_LIST || key->type == EXPR_DICT || is_view(key))
		return expr_budget_fail(budget, "a '%s' cannot be a key of a dict",
					expr_value_type(key));
	for (i = 0; key->type == EXPR_TUPLE && i < key->as.list.count; i++)
		if (!can_be_key(budget, &key->as.list.items[i]))
			return false;
	return true;
}

bool expr_value_find(struct expr_budget *budget, const struct expr_value *dict,
		     struct expr_value *key, struct expr_value **ret)
{
	bool equal = false;
	size_t i;

	*ret = NULL;
	if (!can_be_key(budget, key))
		return false;
	for (i = 0; i < dict->as.list.count; i++) {
		if (!expr_value_equal(budget, &dict->as.list.items[2 * i], key, &equal))
			return false;
		if (equal) {
			*ret = &dict->as.list.items[2 * i + 1];
			return true;
		}
	}
	return true;
}

bool expr_value_put(struct expr_budget *budget, struct expr_value *dict,
		    struct expr_value *key, const struct expr_value *value)
{
	struct expr_value *found;

	if (!expr_value_find(budget, dict, key, &found))
		return false;
	if (found) { /* the first key stays, as in Python: {1: 'a', True: 'b'} */
		*found = *value;
		return true;
	}
	dict->as.list.items[2 * dict->as.list.count] = *key;
	dict->as.list.items[2 * dict->as.list.count + 1] = *value;
	dict->as.list.count++;
	return true;
}

static bool iterate_text(struct expr_budget *budget, const struct expr_value *value,
			 struct expr_value *ret)
{
	const char *p = value->as.text.bytes, *end = p + value->as.text.len, *next;
	struct expr_value *items;
	size_t count = 0, i;

	for (; p < end; p++)
		count += ((unsigned char)*p & 0xC0) != 0x80;
	items = expr_budget_alloc(budget, count, sizeof(*items));
	if (!items)
		return false;
	p = value->as.text.bytes;
	for (i = 0; i < count; i++) {
		next = p + 1;
		while (next < end && ((unsigned char)*next & 0xC0) == 0x80)
			next++;
		items[i] = expr_value_text(p, (size_t)(next - p));
		p = next;
	}
	*ret = expr_value_list(EXPR_LIST, items, count);
	return true;
}

static bool iterate_dict(struct expr_budget *budget, const struct expr_value *value,
			 struct expr_value *ret)
{
	struct expr_value *items;
	size_t i;

	items = expr_budget_alloc(budget, value->as.list.count, sizeof(*items));
	if (!items)
		return false;
	for (i = 0; i < value->as.list.count; i++)
		items[i] = value->as.list.items[2 * i];
	*ret = expr_value_list(EXPR_LIST, items, value->as.list.count);
	return true;
}

bool expr_value_iterate(struct expr_budget *budget, struct expr_value *value,
			struct expr_value *ret)
{
	if (value->type == EXPR_STR)
		return iterate_text(budget, value, ret);
	if (value->type < EXPR_LIST)
		return expr_budget_fail(budget, "'%s' is not iterable",
					expr_value_type(value));
	if (!expr_value_open(budget, value))
		return false;
	if (value->type == EXPR_DICT)
		return iterate_dict(budget, value, ret);
	*ret = expr_value_list(EXPR_LIST, value->as.list.items, value->as.list.count);
	return true;
}
