/*
 * expr_string.c - texts of expressions: characters, searching, building
 *
 * Texts are UTF-8; positions that an expression sees count characters, so they are found
 * by walking. Searching is on bytes: in UTF-8 a text is in another exactly when its bytes
 * are.
 */
#include "run/expr_string.h"

#include <string.h>

size_t expr_string_width(const char *p, const char *end)
{
	size_t n = 1;

	while (p + n < end && ((unsigned char)p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

unsigned expr_string_code(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	if (u[0] < 0x80)
		return u[0];
	if (u[0] < 0xE0)
		return (u[0] & 0x1Fu) << 6 | (u[1] & 0x3Fu);
	if (u[0] < 0xF0)
		return (u[0] & 0x0Fu) << 12 | (u[1] & 0x3Fu) << 6 | (u[2] & 0x3Fu);
	return (u[0] & 0x07u) << 18 | (u[1] & 0x3Fu) << 12 | (u[2] & 0x3Fu) << 6 |
	       (u[3] & 0x3Fu);
}

bool expr_string_is_space(unsigned code)
{
	return (code >= 9 && code <= 13) || (code >= 28 && code <= 32) || code == 0x85 ||
	       code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
	       code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
	       code == 0x3000;
}

bool expr_string_count(struct expr_budget *budget, const struct expr_value *text,
		       size_t *ret)
{
	size_t n = 0, i;

	if (!expr_budget_scan(budget, text->as.text.len))
		return false;
	for (i = 0; i < text->as.text.len; i++)
		n += ((unsigned char)text->as.text.bytes[i] & 0xC0) != 0x80;
	*ret = n;
	return true;
}

/* n characters behind p. */
static const char *ahead(const char *p, const char *end, size_t n)
{
	for (; n > 0; n--)
		p += expr_string_width(p, end);
	return p;
}

static const char *back(const char *p, size_t n)
{
	for (; n > 0; n--)
		do
			p--;
		while (((unsigned char)*p & 0xC0) == 0x80);
	return p;
}

bool expr_string_slice(struct expr_budget *budget, const struct expr_value *text,
		       size_t start, int64_t step, size_t count, struct expr_value *ret)
{
	const char *bytes = text->as.text.bytes, *end = bytes + text->as.text.len, *p;
	char *copy, *to;
	size_t i, n;

	if (!expr_budget_scan(budget, 2 * text->as.text.len))
		return false;
	p = ahead(bytes, end, start);
	if (step == 1) {
		*ret = expr_value_text(p, (size_t)(ahead(p, end, count) - p));
		return true;
	}
	copy = to = expr_budget_alloc(budget, text->as.text.len, 1);
	if (!copy)
		return false;
	for (i = 0; i < count; i++) {
		if (i > 0)
			p = step > 0 ? ahead(p, end, (size_t)step)
				     : back(p, (size_t)-step);
		n = expr_string_width(p, end);
		memcpy(to, p, n);
		to += n;
	}
	*ret = expr_value_text(copy, (size_t)(to - copy));
	return true;
}

bool expr_string_concat(struct expr_budget *budget, const struct expr_value *a,
			const struct expr_value *b, struct expr_value *ret)
{
	size_t n = a->as.text.len, m = b->as.text.len;
	char *bytes = expr_budget_alloc(budget, n + m, 1);

	if (!bytes)
		return false;
	memcpy(bytes, a->as.text.bytes, n);
	memcpy(bytes + n, b->as.text.bytes, m);
	*ret = expr_value_text(bytes, n + m);
	return true;
}

bool expr_string_repeat(struct expr_budget *budget, const struct expr_value *text,
			int64_t times, struct expr_value *ret)
{
	size_t n = text->as.text.len, total, i;
	char *bytes;

	if (times < 0 || n == 0)
		times = 0;
	if (__builtin_mul_overflow(n, (size_t)times, &total))
		return expr_budget_over(budget);
	bytes = expr_budget_alloc(budget, total, 1);
	if (!bytes)
		return false;
	for (i = 0; i < (size_t)times; i++)
		memcpy(bytes + i * n, text->as.text.bytes, n);
	*ret = expr_value_text(bytes, total);
	return true;
}

const char *expr_string_find(const char *bytes, size_t len, const struct expr_value *part)
{
	if (part->as.text.len == 0)
		return bytes;
	if (len == 0)
		return NULL;
	return memmem(bytes, len, part->as.text.bytes, part->as.text.len);
}

bool expr_string_rfind(struct expr_budget *budget, const char *bytes, size_t len,
		       const struct expr_value *part, const char **ret)
{
	size_t n = part->as.text.len, at;

	*ret = NULL;
	if (n > len)
		return true;
	for (at = len - n;; at--) {
		if (n == 0 || (bytes[at] == part->as.text.bytes[0] &&
			       memcmp(bytes + at, part->as.text.bytes, n) == 0)) {
			*ret = bytes + at;
			return true;
		}
		/* each place may cost the part's length */
		if (bytes[at] == part->as.text.bytes[0] &&
		    !expr_budget_spend(budget, 1 + n / 32))
			return false;
		if (at == 0)
			return true;
	}
}

bool expr_string_contains(struct expr_budget *budget, const struct expr_value *whole,
			  const struct expr_value *part, bool *ret)
{
	if (!expr_budget_scan(budget, whole->as.text.len))
		return false;
	*ret = expr_string_find(whole->as.text.bytes, whole->as.text.len, part) != NULL;
	return true;
}
