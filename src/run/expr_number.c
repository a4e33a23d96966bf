/*
 * expr_number.c - numbers from texts, and rounding, as Python does them
 *
 * Rounding a double to decimal digits is exact: on its decimal expansion, which printf
 * has, not by multiplying with a power of ten.
 */
#include "run/expr_number.h"

#include "run/expr_string.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX  40   /* bytes of a text in a fault */
#define NUMBER_MAX 1000 /* bytes of a number */

static bool refuse(struct expr_budget *budget, const struct expr_value *text,
		   const char *type)
{
	return expr_budget_fail(budget, "'%.*s' is no %s",
				text->as.text.len > SHOWN_MAX ? SHOWN_MAX
							      : (int)text->as.text.len,
				text->as.text.bytes, type);
}

/*
 * The text without white space around it and without underscores, each of which must
 * stand between two digits. false when it cannot be a number.
 */
static bool tidy(const struct expr_value *text, char copy[NUMBER_MAX + 1])
{
	const char *p = text->as.text.bytes, *end = p + text->as.text.len;
	size_t n = 0;

	while (p < end && expr_string_is_space(expr_string_code(p)))
		p += expr_string_width(p, end);
	for (; p < end && n < NUMBER_MAX; p++) {
		if (*p == '_') {
			if (n == 0 || !isdigit((unsigned char)p[-1]) || p + 1 == end ||
			    !isdigit((unsigned char)p[1]))
				return false;
			continue;
		}
		if (expr_string_is_space(expr_string_code(p)))
			break;
		copy[n++] = *p;
	}
	while (p < end && expr_string_is_space(expr_string_code(p)))
		p += expr_string_width(p, end);
	copy[n] = '\0';
	return p == end && n > 0 && strlen(copy) == n;
}

bool expr_number_read_int(struct expr_budget *budget, const struct expr_value *text,
			  struct expr_value *ret)
{
	char copy[NUMBER_MAX + 1];
	const char *digits = copy, *p;
	int64_t n = 0;

	if (!expr_budget_scan(budget, text->as.text.len))
		return false;
	if (!tidy(text, copy))
		return refuse(budget, text, "integer");
	if (*digits == '+' || *digits == '-')
		digits++;
	if (!*digits || digits[strspn(digits, "0123456789")])
		return refuse(budget, text, "integer");
	for (p = digits; *p; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, *p - '0', &n)) /* the negative side has
							      * one more */
			break;
	if (*p || (copy[0] != '-' && n == INT64_MIN))
		return expr_budget_fail(budget, "an integer beyond 64 bits");
	*ret = expr_value_int(copy[0] == '-' ? n : -n);
	return true;
}

/* Whether it is a float for Python: what strtod() takes beyond that is refused. */
static bool is_float(const char *text)
{
	static const char *const words[] = { "inf", "infinity", "nan" };
	const char *p = text;
	size_t i, digits;

	if (*p == '+' || *p == '-')
		p++;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(p, words[i]) == 0)
			return true;
	digits = strspn(p, "0123456789");
	p += digits;
	if (*p == '.') {
		digits += strspn(p + 1, "0123456789");
		p += 1 + strspn(p + 1, "0123456789");
	}
	if (digits == 0)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		digits = strspn(p, "0123456789");
		p += digits;
	}
	return digits > 0 && !*p;
}

bool expr_number_read_float(struct expr_budget *budget, const struct expr_value *text,
			    struct expr_value *ret)
{
	char copy[NUMBER_MAX + 1];

	if (!expr_budget_scan(budget, text->as.text.len))
		return false;
	if (!tidy(text, copy) || !is_float(copy))
		return refuse(budget, text, "number");
	*ret = expr_value_float(strtod(copy, NULL));
	return true;
}

bool expr_number_whole(struct expr_budget *budget, double d, struct expr_value *ret)
{
	if (!isfinite(d))
		return expr_budget_fail(budget,
					"a number that is not finite is no integer");
	if (d < -9223372036854775808. || d >= 9223372036854775808.)
		return expr_budget_fail(budget, "an integer beyond 64 bits");
	*ret = expr_value_int((int64_t)d);
	return true;
}

/* n to a multiple of ten to the power `zeros`, halves to the even one. */
static bool round_int(struct expr_budget *budget, int64_t n, int64_t zeros,
		      struct expr_value *ret)
{
	__int128 unit = 1, low, rest;

	if (zeros > 20)
		zeros = 20; /* far beyond 64 bits: it rounds to 0 */
	while (zeros-- > 0)
		unit *= 10;
	rest = (__int128)n % unit;
	if (rest < 0)
		rest += unit;
	low = (__int128)n - rest;
	if (2 * rest > unit || (2 * rest == unit && (low / unit) % 2 != 0))
		low += unit;
	if (low > INT64_MAX || low < INT64_MIN)
		return expr_budget_fail(budget, "an integer beyond 64 bits");
	*ret = expr_value_int((int64_t)low);
	return true;
}

/* d to a multiple of ten to the power `zeros`, on its decimal digits. */
static double round_before_point(double d, size_t zeros)
{
	char digits[400];
	double whole = trunc(d);
	bool more = whole != d, up;
	size_t n, at, i;

	(void)snprintf(digits, sizeof(digits), "0%.0f", fabs(whole));
	n = strlen(digits);
	if (zeros >= n)
		return copysign(0., d);
	at = n - zeros; /* the first digit that goes; there is one before it */
	for (i = at + 1; i < n; i++)
		more |= digits[i] != '0';
	up = digits[at] > '5' || (digits[at] == '5' && (more || digits[at - 1] % 2));
	memset(digits + at, '0', zeros);
	for (i = at; up && i-- > 0;) {
		up = digits[i] == '9';
		digits[i] = up ? '0' : (char)(digits[i] + 1);
	}
	return copysign(strtod(digits, NULL), d);
}

static bool round_float(struct expr_budget *budget, double d, int64_t digits,
			struct expr_value *ret)
{
	char text[800];
	double result = d;

	if (isfinite(d) && digits <= 323 && digits >= 0) {
		(void)snprintf(text, sizeof(text), "%.*f", (int)digits, d);
		result = strtod(text, NULL);
	} else if (isfinite(d) && digits < -308) {
		result = copysign(0., d);
	} else if (isfinite(d) && digits < 0) {
		result = round_before_point(d, (size_t)-digits);
	}
	if (isinf(result) && !isinf(d))
		return expr_budget_fail(budget, "the result is too large");
	*ret = expr_value_float(result);
	return true;
}

bool expr_number_round(struct expr_budget *budget, const struct expr_value *number,
		       int64_t digits, struct expr_value *ret)
{
	if (number->type == EXPR_FLOAT)
		return round_float(budget, number->as.real, digits, ret);
	if (digits >= 0) {
		*ret = expr_value_int(expr_value_as_int(number));
		return true;
	}
	return round_int(budget, expr_value_as_int(number), digits < -20 ? 20 : -digits,
			 ret);
}
