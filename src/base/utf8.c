/*
 * utf8.c - what may be stored and sent as text (RFC 3629)
 */
#include "base/utf8.h"

#include "base/str.h"

#include <stdint.h>
#include <string.h>

/* Length of the sequence at p (1..4), or 0 if it is none. */
static size_t sequence(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
	if (p[0] >= 0xE0 && p[0] <= 0xEF) {
		unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80;
		unsigned char high = p[0] == 0xED ? 0x9F : 0xBF;

		return left >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80
			       ? 3
			       : 0;
	}
	if (p[0] >= 0xF0 && p[0] <= 0xF4) {
		unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80;
		unsigned char high = p[0] == 0xF4 ? 0x8F : 0xBF;

		return left >= 4 && p[1] >= low && p[1] <= high &&
				       (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80
			       ? 4
			       : 0;
	}
	return 0;
}

bool utf8_valid(const char *text, size_t len, size_t *bad_at)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = 0, n;

	while (i < len) {
		uint64_t eight;

		/* most text is ASCII: look at eight bytes at once */
		if (len - i >= 8) {
			memcpy(&eight, p + i, 8);
			if (!(eight & 0x8080808080808080ULL)) {
				i += 8;
				continue;
			}
		}
		n = sequence(p + i, len - i);
		if (!n) {
			if (bad_at)
				*bad_at = i;
			return false;
		}
		i += n;
	}
	return true;
}

void utf8_clean(struct str *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t start = 0, i = 0, n;

	while (i < len) {
		n = p[i] ? sequence(p + i, len - i) : 0;
		if (n) {
			i += n;
			continue;
		}
		str_add(out, text + start, i - start);
		str_add(out, "\xEF\xBF\xBD", 3);
		start = ++i;
	}
	str_add(out, text + start, len - start);
}

unsigned utf8_steers(const char *text, size_t *len)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned code;

	if (p[0] < ' ' || p[0] == 0x7F) {
		*len = 1;
		return p[0];
	}
	if (p[0] == 0xC2 && p[1] < 0xA0) { /* U+0080..U+009F */
		*len = 2;
		return p[1];
	}
	if (p[0] != 0xE2 || (p[1] & 0xFE) != 0x80)
		return 0;
	code = 0x2000U | (p[1] & 0x3FU) << 6 | (p[2] & 0x3FU);
	*len = 3;
	if ((code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069))
		return code;
	return 0;
}

void utf8_add(struct str *out, unsigned code)
{
	char b[4];

	if (code < 0x80) {
		b[0] = (char)code;
		str_add(out, b, 1);
	} else if (code < 0x800) {
		b[0] = (char)(0xC0 | code >> 6);
		b[1] = (char)(0x80 | (code & 0x3F));
		str_add(out, b, 2);
	} else if (code < 0x10000) {
		b[0] = (char)(0xE0 | code >> 12);
		b[1] = (char)(0x80 | (code >> 6 & 0x3F));
		b[2] = (char)(0x80 | (code & 0x3F));
		str_add(out, b, 3);
	} else {
		b[0] = (char)(0xF0 | code >> 18);
		b[1] = (char)(0x80 | (code >> 12 & 0x3F));
		b[2] = (char)(0x80 | (code >> 6 & 0x3F));
		b[3] = (char)(0x80 | (code & 0x3F));
		str_add(out, b, 4);
	}
}

size_t utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
		max--;
	return max;
}
