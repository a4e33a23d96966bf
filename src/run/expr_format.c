/*
 * expr_format.c - values as text: Python's str() and repr(), and JSON
 *
 * Recursion is as deep as the value, which is bounded (expr_value.c).
 */
#include "run/expr_format.h"

#include "base/jsonw.h"
#include "base/str.h"
#include "run/expr_string.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_STEPS 30 /* finding its shortest digits is a long search */

/*
 * Whether the text reads back as d. Below a power of two doubles are twice as dense as
 * above it, so there the nearest text of that many digits may be too far below, while the
 * next one above is near enough: then that is put in its place.
 */
static bool reads_back(char *text, double d)
{
	char *last = strchr(text, 'e') - 1;
	int exponent;

	if (strtod(text, NULL) == d)
		return true;
	if (fabs(frexp(d, &exponent)) != .5 || *last == '9' || *last == '.')
		return false;
	++*last;
	return strtod(text, NULL) == d;
}

/* Digits and exponent of the shortest scientific form; returns how many digits. */
static int shortest(double d, char digits[20], int *exponent)
{
	char text[40];
	int precision, n = 0;
	const char *p;

	for (precision = 0; precision < 17; precision++) {
		(void)snprintf(text, sizeof(text), "%.*e", precision, d);
		if (reads_back(text, d))
			break;
	}
	for (p = text; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	*exponent = atoi(p + 1);
	return n;
}

/* The shortest digits that read back as the same double, as Python writes them. */
static void format_float(struct str *out, double d)
{
	char digits[20] = "";
	int exponent, n, i;

	if (isnan(d) || isinf(d)) {
		str_add_text(out, isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
		return;
	}
	n = shortest(d, digits, &exponent);
	if (signbit(d))
		str_add_char(out, '-');
	if (exponent < -4 || exponent >= 16) {
		str_add_char(out, digits[0]);
		if (n > 1)
			str_add_char(out, '.');
		str_add(out, digits + 1, (size_t)n - 1);
		str_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
		return;
	}
	if (exponent < 0)
		str_add_text(out, "0.");
	for (i = exponent + 1; i < 0; i++)
		str_add_char(out, '0');
	for (i = 0; i < n || i <= exponent; i++) {
		str_add_char(out, i < n ? digits[i] : '0');
		if (i == exponent)
			str_add_char(out, '.');
	}
	if (n <= exponent + 1 && exponent >= 0)
		str_add_char(out, '0');
}

/* What Python's repr() escapes, as far as text has it: controls, separators and format
 * characters. Code points that Unicode has not assigned are printed. */
static bool is_printable(unsigned c)
{
	if (c < 0x7f)
		return c >= ' ';
	return !(c <= 0xA0 || c == 0xAD || (c >= 0x600 && c <= 0x605) || c == 0x61C ||
		 c == 0x6DD || c == 0x70F || c == 0x1680 || c == 0x180E ||
		 (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
		 (c >= 0x205F && c <= 0x206F) || c == 0x3000 ||
		 (c >= 0xE000 && c <= 0xF8FF) || c == 0xFEFF ||
		 (c >= 0xFFF0 && c <= 0xFFFB) || (c & 0xFFFE) == 0xFFFE || c >= 0xE0000);
}

static void repr_code(struct str *out, unsigned code)
{
	static const char hex[] = "0123456789abcdef";
	int digits = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8;

	str_add_text(out, digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U");
	while (digits-- > 0)
		str_add_char(out, hex[code >> 4 * digits & 15]);
}

static void repr_char(struct str *out, const char *p, size_t n, char quote)
{
	unsigned code = expr_string_code(p);

	if (code == (unsigned char)quote || code == '\\') {
		str_add_char(out, '\\');
		str_add_char(out, (char)code);
	} else if (code == '\n') {
		str_add_text(out, "\\n");
	} else if (code == '\r') {
		str_add_text(out, "\\r");
	} else if (code == '\t') {
		str_add_text(out, "\\t");
	} else if (is_printable(code)) {
		str_add(out, p, n);
	} else {
		repr_code(out, code);
	}
}

static void repr_text(const struct expr_value *value, struct str *out)
{
	const char *p = value->as.text.bytes, *end = p + value->as.text.len;
	char quote = '\'';
	size_t n;

	if (memchr(p, '\'', value->as.text.len) && !memchr(p, '"', value->as.text.len))
		quote = '"';
	str_add_char(out, quote);
	for (; p < end; p += n) {
		n = expr_string_width(p, end);
		repr_char(out, p, n, quote);
	}
	str_add_char(out, quote);
}

static bool repr_items(struct expr_budget *budget, const struct expr_value *value,
		       const char *before, const char *behind, struct str *out)
{
	size_t i;

	str_add_text(out, before);
	for (i = 0; i < value->as.list.count; i++) {
		if (i > 0)
			str_add_text(out, ", ");
		if (!expr_format_repr(budget, &value->as.list.items[i], out))
			return false;
	}
	str_add_text(out, behind);
	return true;
}

static bool repr_dict(struct expr_budget *budget, const struct expr_value *value,
		      struct str *out)
{
	size_t i;

	str_add_char(out, '{');
	for (i = 0; i < 2 * value->as.list.count; i++) {
		if (i > 0)
			str_add_text(out, i % 2 ? ": " : ", ");
		if (!expr_format_repr(budget, &value->as.list.items[i], out))
			return false;
	}
	str_add_char(out, '}');
	return true;
}

/* What is written is paid for like what is allocated. */
static bool pay(struct expr_budget *budget, const struct expr_value *value)
{
	size_t len = value->type == EXPR_STR ? 4 * value->as.text.len : 0;
	size_t steps = value->type == EXPR_FLOAT ? FLOAT_STEPS : 1 + len / 16;

	if (!expr_budget_spend(budget, steps))
		return false;
	if (len + 32 > budget->bytes)
		return expr_budget_over(budget);
	budget->bytes -= len + 32;
	return true;
}

bool expr_format_repr(struct expr_budget *budget, struct expr_value *value,
		      struct str *out)
{
	if (!pay(budget, value) || !expr_value_open(budget, value))
		return false;
	switch (value->type) {
	case EXPR_NONE:
		str_add_text(out, "None");
		return true;
	case EXPR_BOOL:
		str_add_text(out, value->as.boolean ? "True" : "False");
		return true;
	case EXPR_INT:
		str_add_int(out, value->as.integer);
		return true;
	case EXPR_FLOAT:
		format_float(out, value->as.real);
		return true;
	case EXPR_STR:
		repr_text(value, out);
		return true;
	case EXPR_LIST:
		return repr_items(budget, value, "[", "]", out);
	case EXPR_TUPLE:
		return repr_items(budget, value, "(",
				  value->as.list.count == 1 ? ",)" : ")", out);
	case EXPR_DICT:
		return repr_dict(budget, value, out);
	case EXPR_KEYS:
	case EXPR_VALUES:
	case EXPR_ITEMS:
		str_add_text(out, expr_value_type(value));
		return repr_items(budget, value, "([", "])", out);
	case EXPR_NTYPES:
		break;
	}
	return false;
}

bool expr_format_str(struct expr_budget *budget, struct expr_value *value,
		     struct str *out)
{
	if (value->type != EXPR_STR)
		return expr_format_repr(budget, value, out);
	if (!pay(budget, value))
		return false;
	str_add(out, value->as.text.bytes, value->as.text.len);
	return true;
}

static bool json_items(struct expr_budget *budget, const struct expr_value *value,
		       struct str *out)
{
	size_t i;

	str_add_char(out, '[');
	for (i = 0; i < value->as.list.count; i++) {
		if (i > 0)
			str_add_char(out, ',');
		if (!expr_format_json(budget, &value->as.list.items[i], out))
			return false;
	}
	str_add_char(out, ']');
	return true;
}

/* Keys become strings as json.dumps() makes them: 1 is "1", True is "true". */
static bool json_key(struct expr_budget *budget, struct expr_value *key, struct str *out)
{
	bool quoted = key->type == EXPR_STR;

	if (key->type > EXPR_STR)
		return expr_budget_fail(budget, "a '%s' cannot be a key in JSON",
					expr_value_type(key));
	if (!quoted)
		str_add_char(out, '"');
	if (!expr_format_json(budget, key, out))
		return false;
	if (!quoted)
		str_add_char(out, '"');
	return true;
}

static bool json_dict(struct expr_budget *budget, const struct expr_value *value,
		      struct str *out)
{
	size_t i;

	str_add_char(out, '{');
	for (i = 0; i < value->as.list.count; i++) {
		if (i > 0)
			str_add_char(out, ',');
		if (!json_key(budget, &value->as.list.items[2 * i], out))
			return false;
		str_add_char(out, ':');
		if (!expr_format_json(budget, &value->as.list.items[2 * i + 1], out))
			return false;
	}
	str_add_char(out, '}');
	return true;
}

bool expr_format_json(struct expr_budget *budget, struct expr_value *value,
		      struct str *out)
{
	if (value->unread) {
		str_add(out, value->as.json.bytes, value->as.json.len);
		return expr_budget_scan(budget, value->as.json.len);
	}
	if (!pay(budget, value))
		return false;
	switch (value->type) {
	case EXPR_NONE:
		str_add_text(out, "null");
		return true;
	case EXPR_BOOL:
		str_add_text(out, value->as.boolean ? "true" : "false");
		return true;
	case EXPR_INT:
		str_add_int(out, value->as.integer);
		return true;
	case EXPR_FLOAT:
		if (!isfinite(value->as.real))
			return expr_budget_fail(
				budget, "the result holds a number that is not finite");
		format_float(out, value->as.real);
		return true;
	case EXPR_STR:
		jsonw_quote(out, value->as.text.bytes, value->as.text.len);
		return true;
	case EXPR_LIST:
	case EXPR_TUPLE:
	case EXPR_KEYS:
	case EXPR_VALUES:
	case EXPR_ITEMS:
		return json_items(budget, value, out);
	case EXPR_DICT:
		return json_dict(budget, value, out);
	case EXPR_NTYPES:
		break;
	}
	return false;
}
