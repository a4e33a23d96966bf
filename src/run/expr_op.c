/*
 * expr_op.c - operators on values, with Python's meaning
 *
 * Integers have 64 bits; a result beyond them is refused, since Python's would be exact
 * and a wrapped or rounded one would be a wrong decision. Division and remainder follow
 * CPython's algorithms to the bit.
 */
#include "run/expr_op.h"

#include "run/expr_string.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const char *const texts[EXPR_NOPS] = {
	[EXPR_OP_NONE] = "",         [EXPR_OP_ADD] = "+",  [EXPR_OP_SUB] = "-",
	[EXPR_OP_MUL] = "*",         [EXPR_OP_DIV] = "/",  [EXPR_OP_FLOORDIV] = "//",
	[EXPR_OP_MOD] = "%",         [EXPR_OP_POW] = "**", [EXPR_OP_EQ] = "==",
	[EXPR_OP_NE] = "!=",         [EXPR_OP_LT] = "<",   [EXPR_OP_LE] = "<=",
	[EXPR_OP_GT] = ">",          [EXPR_OP_GE] = ">=",  [EXPR_OP_IN] = "in",
	[EXPR_OP_NOT_IN] = "not in", [EXPR_OP_IS] = "is",  [EXPR_OP_IS_NOT] = "is not",
};

const char *expr_op_text(enum expr_op op)
{
	return texts[op];
}

static bool beyond(struct expr_budget *budget)
{
	return expr_budget_fail(budget, "the result is an integer beyond 64 bits");
}

static bool by_zero(struct expr_budget *budget)
{
	return expr_budget_fail(budget, "division by zero");
}

static int bits_of(uint64_t n)
{
	int bits = 0;

	for (; n; n >>= 1)
		bits++;
	return bits;
}

static uint64_t size_of(int64_t n)
{
	return n < 0 ? -(uint64_t)n : (uint64_t)n;
}

/*
 * The double nearest to the quotient, as Python has it: the quotient of the integers with
 * at least 55 bits, the last of which says whether anything was left, rounded once.
 */
static double divide(int64_t a, int64_t b)
{
	uint64_t x = size_of(a), y = size_of(b);
	int shift = 55 + bits_of(y) - bits_of(x);
	unsigned __int128 wide;
	uint64_t quotient;
	double result;

	if (shift < 0)
		shift = 0;
	wide = (unsigned __int128)x << shift;
	quotient = (uint64_t)(wide / y);
	if (wide % y)
		quotient |= 1;
	result = ldexp((double)quotient, -shift);
	return (a < 0) != (b < 0) ? -result : result;
}

static int64_t floor_mod(int64_t a, int64_t b)
{
	int64_t mod = b == -1 ? 0 : a % b; /* INT64_MIN % -1 traps */

	return mod && (mod < 0) != (b < 0) ? mod + b : mod;
}

static bool power(struct expr_budget *budget, int64_t base, int64_t exponent,
		  struct expr_value *ret)
{
	int64_t result = 1;
	bool over = false;

	while (exponent > 0 && !over) {
		if (exponent & 1)
			over = __builtin_mul_overflow(result, base, &result);
		exponent >>= 1;
		if (exponent > 0)
			over |= __builtin_mul_overflow(base, base, &base);
	}
	if (over)
		return beyond(budget);
	*ret = expr_value_int(result);
	return true;
}

static bool op_ints(struct expr_budget *budget, enum expr_op op, int64_t a, int64_t b,
		    struct expr_value *ret)
{
	int64_t n = 0;
	bool over;

	if (op == EXPR_OP_ADD) {
		over = __builtin_add_overflow(a, b, &n);
	} else if (op == EXPR_OP_SUB) {
		over = __builtin_sub_overflow(a, b, &n);
	} else if (op == EXPR_OP_MUL) {
		over = __builtin_mul_overflow(a, b, &n);
	} else if (op == EXPR_OP_POW) {
		return power(budget, a, b, ret);
	} else if (b == 0) {
		return by_zero(budget);
	} else if (op == EXPR_OP_DIV) {
		*ret = expr_value_float(divide(a, b));
		return true;
	} else if (op == EXPR_OP_MOD) {
		n = floor_mod(a, b);
		over = false;
	} else {
		over = a == INT64_MIN && b == -1;
		if (!over)
			n = a / b - (a % b && (a % b < 0) != (b < 0));
	}
	if (over)
		return beyond(budget);
	*ret = expr_value_int(n);
	return true;
}

static double float_mod(double a, double b)
{
	double mod = fmod(a, b);

	if (mod == 0)
		return copysign(0., b);
	return (b < 0) != (mod < 0) ? mod + b : mod;
}

static double float_floordiv(double a, double b)
{
	double mod = fmod(a, b), quotient, whole;

	quotient = (a - mod) / b;
	if (mod != 0 && (b < 0) != (mod < 0))
		quotient -= 1.;
	if (quotient == 0)
		return copysign(0., a / b);
	whole = floor(quotient);
	return quotient - whole > .5 ? whole + 1. : whole;
}

static bool float_pow(struct expr_budget *budget, double a, double b,
		      struct expr_value *ret)
{
	double result;

	if (a == 0 && b < 0)
		return expr_budget_fail(budget,
					"0.0 cannot be raised to a negative power");
	if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b))
		return expr_budget_fail(budget, "the result is a complex number");
	result = pow(a, b);
	if (isinf(result) && isfinite(a) && isfinite(b))
		return expr_budget_fail(budget, "the result is too large");
	*ret = expr_value_float(result);
	return true;
}

static bool op_floats(struct expr_budget *budget, enum expr_op op, double a, double b,
		      struct expr_value *ret)
{
	double d;

	if (op == EXPR_OP_POW)
		return float_pow(budget, a, b, ret);
	if (b == 0 && op != EXPR_OP_ADD && op != EXPR_OP_SUB && op != EXPR_OP_MUL)
		return by_zero(budget);
	d = op == EXPR_OP_ADD   ? a + b
	    : op == EXPR_OP_SUB ? a - b
	    : op == EXPR_OP_MUL ? a * b
	    : op == EXPR_OP_DIV ? a / b
	    : op == EXPR_OP_MOD ? float_mod(a, b)
				: float_floordiv(a, b);
	*ret = expr_value_float(d);
	return true;
}

static bool is_sequence(const struct expr_value *value)
{
	return value->type == EXPR_LIST || value->type == EXPR_TUPLE;
}

static bool concatenate(struct expr_budget *budget, struct expr_value *a,
			struct expr_value *b, struct expr_value *ret)
{
	struct expr_value *items;
	size_t n;

	if (!expr_value_open(budget, a) || !expr_value_open(budget, b))
		return false;
	n = a->as.list.count;
	items = expr_budget_alloc(budget, n + b->as.list.count, sizeof(*items));
	if (!items)
		return false;
	if (n)
		memcpy(items, a->as.list.items, n * sizeof(*items));
	if (b->as.list.count)
		memcpy(items + n, b->as.list.items, b->as.list.count * sizeof(*items));
	*ret = expr_value_list(a->type, items, n + b->as.list.count);
	return true;
}

static bool repeat(struct expr_budget *budget, struct expr_value *list, int64_t times,
		   struct expr_value *ret)
{
	struct expr_value *items;
	size_t n, total, i;

	if (!expr_value_open(budget, list))
		return false;
	n = list->as.list.count;
	if (times < 0 || n == 0)
		times = 0;
	if (__builtin_mul_overflow(n, (size_t)times, &total))
		return expr_budget_over(budget);
	items = expr_budget_alloc(budget, total, sizeof(*items));
	if (!items)
		return false;
	for (i = 0; i < (size_t)times; i++)
		memcpy(items + i * n, list->as.list.items, n * sizeof(*items));
	*ret = expr_value_list(list->type, items, total);
	return true;
}

static bool no_such(struct expr_budget *budget, enum expr_op op,
		    const struct expr_value *a, const struct expr_value *b)
{
	return expr_budget_fail(budget, "'%s' cannot be used between '%s' and '%s'",
				texts[op], expr_value_type(a), expr_value_type(b));
}

static bool op_numbers(struct expr_budget *budget, enum expr_op op,
		       const struct expr_value *a, const struct expr_value *b,
		       struct expr_value *ret)
{
	int64_t y;

	if (!expr_value_is_int(a) || !expr_value_is_int(b))
		return op_floats(budget, op, expr_value_as_float(a),
				 expr_value_as_float(b), ret);
	y = expr_value_as_int(b);
	if (op == EXPR_OP_POW && y < 0)
		return float_pow(budget, expr_value_as_float(a), (double)y, ret);
	return op_ints(budget, op, expr_value_as_int(a), y, ret);
}

bool expr_op_binary(struct expr_budget *budget, enum expr_op op, struct expr_value *a,
		    struct expr_value *b, struct expr_value *ret)
{
	struct expr_value *swap;

	if (expr_value_is_number(a) && expr_value_is_number(b))
		return op_numbers(budget, op, a, b, ret);
	if (op == EXPR_OP_ADD && a->type == b->type && a->type == EXPR_STR)
		return expr_string_concat(budget, a, b, ret);
	if (op == EXPR_OP_ADD && a->type == b->type && is_sequence(a))
		return concatenate(budget, a, b, ret);
	if (op == EXPR_OP_MOD && a->type == EXPR_STR)
		return expr_budget_fail(
			budget, "formatting with '%%' is not available in expressions");
	if (op != EXPR_OP_MUL)
		return no_such(budget, op, a, b);
	if (expr_value_is_int(a)) {
		swap = a;
		a = b;
		b = swap;
	}
	if (!expr_value_is_int(b) || (a->type != EXPR_STR && !is_sequence(a)))
		return no_such(budget, op, a, b);
	if (a->type == EXPR_STR)
		return expr_string_repeat(budget, a, expr_value_as_int(b), ret);
	return repeat(budget, a, expr_value_as_int(b), ret);
}

bool expr_op_unary(struct expr_budget *budget, enum expr_op op,
		   const struct expr_value *value, struct expr_value *ret)
{
	int64_t n;

	if (value->type == EXPR_FLOAT) {
		*ret = expr_value_float(op == EXPR_OP_SUB ? -value->as.real
							  : value->as.real);
		return true;
	}
	if (!expr_value_is_int(value))
		return expr_budget_fail(budget, "'%s' cannot stand before a '%s'",
					texts[op], expr_value_type(value));
	n = expr_value_as_int(value);
	if (op == EXPR_OP_SUB && n == INT64_MIN)
		return beyond(budget);
	*ret = expr_value_int(op == EXPR_OP_SUB ? -n : n);
	return true;
}

static bool contains(struct expr_budget *budget, struct expr_value *item,
		     struct expr_value *whole, bool *ret)
{
	struct expr_value list, *found;
	size_t i;

	if (whole->type == EXPR_STR && item->type == EXPR_STR)
		return expr_string_contains(budget, whole, item, ret);
	if (whole->type == EXPR_STR)
		return expr_budget_fail(budget, "'in <str>' needs a 'str', not '%s'",
					expr_value_type(item));
	if (whole->type == EXPR_DICT) {
		if (!expr_value_open(budget, whole) ||
		    !expr_value_find(budget, whole, item, &found))
			return false;
		*ret = found != NULL;
		return true;
	}
	if (!expr_value_iterate(budget, whole, &list))
		return false;
	*ret = false;
	for (i = 0; !*ret && i < list.as.list.count; i++)
		if (!expr_value_equal(budget, &list.as.list.items[i], item, ret))
			return false;
	return true;
}

/* The compiler has seen to it that b is None, True or False. */
static bool is_same(const struct expr_value *a, const struct expr_value *b)
{
	return a->type == b->type &&
	       (a->type != EXPR_BOOL || a->as.boolean == b->as.boolean);
}

bool expr_op_compare(struct expr_budget *budget, enum expr_op op, struct expr_value *a,
		     struct expr_value *b, bool *ret)
{
	int order;

	if (op == EXPR_OP_IS || op == EXPR_OP_IS_NOT) {
		*ret = is_same(a, b) == (op == EXPR_OP_IS);
		return true;
	}
	if (op == EXPR_OP_EQ || op == EXPR_OP_NE) {
		if (!expr_value_equal(budget, a, b, ret))
			return false;
		*ret = *ret == (op == EXPR_OP_EQ);
		return true;
	}
	if (op == EXPR_OP_IN || op == EXPR_OP_NOT_IN) {
		if (!contains(budget, a, b, ret))
			return false;
		*ret = *ret == (op == EXPR_OP_IN);
		return true;
	}
	if (!expr_value_order(budget, texts[op], a, b, &order))
		return false;
	*ret = order == 2         ? false
	       : op == EXPR_OP_LT ? order < 0
	       : op == EXPR_OP_LE ? order <= 0
	       : op == EXPR_OP_GT ? order > 0
				  : order >= 0;
	return true;
}
