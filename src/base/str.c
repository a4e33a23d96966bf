/*
 * str.c - a growing byte buffer that is always NUL-terminated
 *
 * Growth doubles, so appending n bytes costs O(n) in all. Sizes are ours to bound:
 * whoever appends bytes from outside checks its own limit first.
 */
#include "base/str.h"

#include "base/digits.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void str_deinit(struct str *s)
{
	mem_free(s->data);
	s->data = NULL;
	s->len = s->room = 0;
}

void str_reset(struct str *s, size_t keep_bytes)
{
	if (s->room > keep_bytes) {
		str_deinit(s);
		return;
	}
	s->len = 0;
	if (s->data)
		s->data[0] = '\0';
}

const char *str_text(const struct str *s)
{
	return s->data ? s->data : "";
}

char *str_take(struct str *s)
{
	char *data = s->data ? s->data : mem_dup("");

	s->data = NULL;
	s->len = s->room = 0;
	return data;
}

char *str_reserve(struct str *s, size_t more)
{
	size_t need = s->len + more + 1;
	size_t room = s->room ? s->room : 64;

	if (need > s->room) {
		while (room < need)
			room *= 2;
		s->data = mem_resize(s->data, room);
		s->room = room;
	}
	return s->data + s->len;
}

void str_grew(struct str *s, size_t more)
{
	assert(s->len + more < s->room);
	s->len += more;
	s->data[s->len] = '\0';
}

void str_drop(struct str *s, size_t n)
{
	assert(n <= s->len);
	if (!n)
		return;
	memmove(s->data, s->data + n, s->len - n);
	s->len -= n;
	s->data[s->len] = '\0';
}

void str_add(struct str *s, const void *bytes, size_t len)
{
	char *to = str_reserve(s, len);

	if (len)
		memcpy(to, bytes, len);
	str_grew(s, len);
}

void str_add_text(struct str *s, const char *text)
{
	str_add(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
	str_add(s, &c, 1);
}

void str_add_int(struct str *s, int64_t n)
{
	char digits[1 + DIGITS_MAX];
	char *p = digits_put_before(n < 0 ? 0 - (uint64_t)n : (uint64_t)n,
				    digits + sizeof(digits));

	if (n < 0)
		*--p = '-';
	str_add(s, p, (size_t)(digits + sizeof(digits) - p));
}

void str_vprintf(struct str *s, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(len >= 0);
	(void)vsnprintf(str_reserve(s, (size_t)len), (size_t)len + 1, format, args);
	str_grew(s, (size_t)len);
}

void str_printf(struct str *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	str_vprintf(s, format, args);
	va_end(args);
}
