/*
 * units.c - durations and sizes as people write them
 */
#include "base/units.h"

#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* largest first: formatting takes the first that divides */
static const struct unit durations[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 },     { "ms", 1 },      { NULL, 0 },
};
static const struct unit sizes[] = {
	{ "GiB", 1024LL * 1024 * 1024 },
	{ "MiB", 1024LL * 1024 },
	{ "KiB", 1024 },
	{ "B", 1 },
	{ NULL, 0 },
};

static int parse_digits(const char *text, int64_t *ret, const char **rest)
{
	char *end;
	long long n;

	if (!isdigit((unsigned char)text[0]) &&
	    !(text[0] == '-' && isdigit((unsigned char)text[1])))
		return ERR_INPUT;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno)
		return ERR_INPUT;
	*ret = n;
	*rest = end;
	return 0;
}

static int parse(const char *text, const struct unit *units, int64_t *ret)
{
	const char *rest;
	int64_t n, product;
	size_t i;

	if (text[0] == '-' || parse_digits(text, &n, &rest) < 0)
		return ERR_INPUT;
	if (n == 0 && !*rest) {
		*ret = 0;
		return 0;
	}
	for (i = 0; units[i].name; i++) {
		if (strcmp(rest, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(n, units[i].factor, &product))
			return ERR_INPUT;
		*ret = product;
		return 0;
	}
	return ERR_INPUT;
}

int units_parse_ms(const char *text, int64_t *ret)
{
	return parse(text, durations, ret);
}

int units_parse_bytes(const char *text, int64_t *ret)
{
	return parse(text, sizes, ret);
}

int units_parse_int(const char *text, int64_t *ret)
{
	const char *rest;
	int64_t n;

	if (parse_digits(text, &n, &rest) < 0 || *rest)
		return ERR_INPUT;
	*ret = n;
	return 0;
}

static char *format(int64_t n, const struct unit *units, char *buf)
{
	size_t i;

	if (n == 0) {
		(void)snprintf(buf, UNITS_TEXT_MAX, "0");
		return buf;
	}
	for (i = 0; units[i].name; i++) {
		if (n % units[i].factor)
			continue;
		(void)snprintf(buf, UNITS_TEXT_MAX, "%lld%s",
			       (long long)(n / units[i].factor), units[i].name);
		break;
	}
	return buf;
}

char *units_format_ms(int64_t ms, char *buf)
{
	return format(ms, durations, buf);
}

char *units_format_bytes(int64_t bytes, char *buf)
{
	return format(bytes, sizes, buf);
}
