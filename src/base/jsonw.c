/*
 * jsonw.c - writing JSON: append-only, straight into a buffer
 *
 * No tree is built: events and journal rows are written once, in order, on the hot path.
 * Escapes are the ones RFC 8259 demands plus U+007F; everything else goes out as UTF-8.
 */
#include "base/jsonw.h"

#include "base/str.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void jsonw_init(struct jsonw *w, struct str *out)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
}

static void jsonw_before(struct jsonw *w)
{
	uint64_t bit = 1ULL << w->depth;

	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->comma & bit)
		str_add_char(w->out, ',');
	w->comma |= bit;
}

static void jsonw_open(struct jsonw *w, char c)
{
	jsonw_before(w);
	str_add_char(w->out, c);
	w->depth++;
	assert(w->depth <= 60);
	w->comma &= ~(1ULL << w->depth);
}

static void jsonw_close(struct jsonw *w, char c)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	str_add_char(w->out, c);
}

void jsonw_object(struct jsonw *w)
{
	jsonw_open(w, '{');
}

void jsonw_object_end(struct jsonw *w)
{
	jsonw_close(w, '}');
}

void jsonw_array(struct jsonw *w)
{
	jsonw_open(w, '[');
}

void jsonw_array_end(struct jsonw *w)
{
	jsonw_close(w, ']');
}

/* Bytes that stand for themselves in a string. */
static const bool plain[256] = {
	[0x20 ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... 0x7e] = true,
	[0x80 ... 0xff] = true,
};

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)
/* Has one of these eight bytes its high bit after this: none is 0. */
#define ZERO_IN(eight) (((eight)-ONES) & ~(eight))

/* All eight are plain; false as well where a byte of UTF-8 looks like another. */
static bool plain_eight(const char *text)
{
	uint64_t eight;

	memcpy(&eight, text, sizeof(eight));
	return !(((eight - ONES * 0x20) | ZERO_IN(eight ^ (ONES * '"')) |
		  ZERO_IN(eight ^ (ONES * '\\')) | ZERO_IN(eight ^ (ONES * 0x7f)) |
		  eight) &
		 HIGHS);
}

/* How many bytes of text, from its beginning, are plain. */
static size_t plain_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i + 8 <= len && plain_eight(text + i))
		i += 8;
	while (i < len && plain[(unsigned char)text[i]])
		i++;
	return i;
}

static void add_escape(struct str *out, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	char esc[6] = { '\\', 0, '0', '0', 0, 0 };
	size_t n = 2;

	switch (c) {
	case '"':
	case '\\':
		esc[1] = (char)c;
		break;
	case '\n':
		esc[1] = 'n';
		break;
	case '\r':
		esc[1] = 'r';
		break;
	case '\t':
		esc[1] = 't';
		break;
	default:
		esc[1] = 'u';
		esc[4] = digits[c >> 4];
		esc[5] = digits[c & 15];
		n = 6;
	}
	str_add(out, esc, n);
}

/* What is plain, in quotes, with a byte in front and one behind (0: none): one copy. */
static void add_plain(struct str *out, char before, const char *text, size_t len,
		      char after)
{
	char *begin = str_reserve(out, len + 4), *to = begin;

	if (before)
		*to++ = before;
	*to++ = '"';
	if (len)
		memcpy(to, text, len);
	to += len;
	*to++ = '"';
	if (after)
		*to++ = after;
	str_grew(out, (size_t)(to - begin));
}

void jsonw_quote(struct str *out, const char *text, size_t len)
{
	size_t run = plain_len(text, len);

	if (run == len) { /* as most are */
		add_plain(out, 0, text, len, 0);
		return;
	}
	str_add_char(out, '"');
	while (run < len) {
		str_add(out, text, run);
		add_escape(out, (unsigned char)text[run]);
		text += run + 1;
		len -= run + 1;
		run = plain_len(text, len);
	}
	str_add(out, text, len);
	str_add_char(out, '"');
}

void jsonw_key(struct jsonw *w, const char *key)
{
	size_t len = strlen(key);
	uint64_t bit = 1ULL << w->depth;

	assert(!w->after_key);
	if (plain_len(key, len) == len) {
		add_plain(w->out, w->comma & bit ? ',' : 0, key, len, ':');
		w->comma |= bit;
	} else {
		jsonw_before(w);
		jsonw_quote(w->out, key, len);
		str_add_char(w->out, ':');
	}
	w->after_key = true;
}

void jsonw_text_n(struct jsonw *w, const char *text, size_t len)
{
	jsonw_before(w);
	jsonw_quote(w->out, text, len);
}

void jsonw_text(struct jsonw *w, const char *text)
{
	if (text)
		jsonw_text_n(w, text, strlen(text));
	else
		jsonw_null(w);
}

void jsonw_int(struct jsonw *w, int64_t n)
{
	jsonw_before(w);
	str_add_int(w->out, n);
}

void jsonw_double(struct jsonw *w, double d)
{
	char digits[40];
	int precision;

	if (!isfinite(d)) {
		jsonw_null(w); /* JSON has no word for it */
		return;
	}
	jsonw_before(w);
	for (precision = 15; precision <= 17; precision++) {
		(void)snprintf(digits, sizeof(digits), "%.*g", precision, d);
		if (strtod(digits, NULL) == d)
			break;
	}
	str_add_text(w->out, digits);
	if (!strpbrk(digits, ".e"))
		str_add_text(w->out, ".0");
}

void jsonw_bool(struct jsonw *w, bool value)
{
	jsonw_before(w);
	str_add_text(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
	jsonw_before(w);
	str_add(w->out, "null", 4);
}

void jsonw_raw(struct jsonw *w, const char *json, size_t len)
{
	jsonw_before(w);
	str_add(w->out, json, len);
}

void jsonw_pair_text(struct jsonw *w, const char *key, const char *text)
{
	jsonw_key(w, key);
	jsonw_text(w, text);
}

void jsonw_pair_int(struct jsonw *w, const char *key, int64_t n)
{
	jsonw_key(w, key);
	jsonw_int(w, n);
}

void jsonw_pair_double(struct jsonw *w, const char *key, double d)
{
	jsonw_key(w, key);
	jsonw_double(w, d);
}

void jsonw_pair_bool(struct jsonw *w, const char *key, bool value)
{
	jsonw_key(w, key);
	jsonw_bool(w, value);
}

void jsonw_pair_raw(struct jsonw *w, const char *key, const char *json, size_t len)
{
	jsonw_key(w, key);
	jsonw_raw(w, json, len);
}
