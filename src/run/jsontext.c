/*
 * jsontext.c - single JSON values as text, read without a parser
 *
 * State is kept as JSON text (DESIGN 7), and most readers want a string's characters or
 * whether a value is true. Both follow from the first bytes, so no document is built.
 */
#include "run/jsontext.h"

#include "base/str.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

static unsigned hex4(const char *p)
{
	char digits[5] = { p[0], p[1], p[2], p[3], '\0' };

	return (unsigned)strtoul(digits, NULL, 16);
}

void jsontext_unquote(struct str *out, const char *json, size_t len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p = json + 1, *end = json + len - 1, *stop;
	unsigned code, low;

	while (p < end) {
		stop = memchr(p, '\\', (size_t)(end - p));
		if (!stop)
			stop = end;
		str_add(out, p, (size_t)(stop - p));
		p = stop;
		if (p >= end)
			break;
		if (p[1] != 'u') {
			str_add_char(out, to[strchr(from, p[1]) - from]);
			p += 2;
			continue;
		}
		code = hex4(p + 2);
		p += 6;
		if (code >= 0xD800 && code <= 0xDBFF) {
			low = hex4(p + 2);
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
			p += 6;
		}
		utf8_add(out, code);
	}
}

void jsontext_show(struct str *out, const char *json, size_t len)
{
	switch (json[0]) {
	case '"':
		jsontext_unquote(out, json, len);
		break;
	case 't':
		str_add_text(out, "True");
		break;
	case 'f':
		str_add_text(out, "False");
		break;
	case 'n':
		str_add_text(out, "None");
		break;
	default:
		str_add(out, json, len);
	}
}

void jsontext_storable(struct str *out, const char *json, size_t len)
{
	size_t start = 0, i;

	for (i = 0; i + 1 < len; i++) {
		if (json[i] != '\\')
			continue;
		if (len - i >= 6 && memcmp(json + i, "\\u0000", 6) == 0) {
			str_add(out, json + start, i - start);
			str_add_text(out, REPLACEMENT);
			i += 5;
			start = i + 1;
		} else {
			i++; /* the escaped character is not the start of an escape */
		}
	}
	str_add(out, json + start, len - start);
}

int jsontext_depth(const char *json, size_t len)
{
	int depth = 0, deepest = 0;
	bool quoted = false;
	size_t i;

	if (json[0] != '[' && json[0] != '{')
		return 0;
	for (i = 0; i < len; i++) {
		if (json[i] == '"')
			quoted = !quoted;
		else if (quoted)
			i += json[i] == '\\'; /* what is escaped is not looked at */
		else if (json[i] == '[' || json[i] == '{')
			deepest = ++depth > deepest ? depth : deepest;
		else if (json[i] == ']' || json[i] == '}')
			depth--;
	}
	return deepest;
}

bool jsontext_truthy(const char *json, size_t len)
{
	size_t i;

	switch (json[0]) {
	case 'n':
	case 'f':
		return false;
	case 't':
		return true;
	case '"':
	case '[':
	case '{':
		return len > 2;
	default:
		/* a number is zero when no digit before its exponent is another */
		for (i = 0; i < len && json[i] != 'e' && json[i] != 'E'; i++)
			if (json[i] >= '1' && json[i] <= '9')
				return true;
		return false;
	}
}
