/* str.h - a growing byte buffer that is always NUL-terminated */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Embed it zeroed: STR_INIT. The bytes may hold NULs; data is NULL while nothing was
 * added. */
struct str {
	char *data; /* owned */
	size_t len;
	size_t room; /* allocated bytes, the terminator included */
};

#define STR_INIT                                                                         \
	{                                                                                \
		NULL, 0, 0                                                               \
	}

void str_deinit(struct str *s);
/* Forget the content, keep the memory; more than keep_bytes of it are given back. */
void str_reset(struct str *s, size_t keep_bytes);
/* The text, never NULL ("" when empty); borrowed until the next change. */
const char *str_text(const struct str *s);
/* The buffer as the caller's own (mem_free), never NULL; s is empty afterwards. */
char *str_take(struct str *s);

/*
 * Room for more bytes behind len; returns where they go. str_grew() says how many came.
 */
char *str_reserve(struct str *s, size_t more);
void str_grew(struct str *s, size_t more);
/* Drop the first n bytes (n <= len). */
void str_drop(struct str *s, size_t n);

void str_add(struct str *s, const void *bytes, size_t len);
void str_add_text(struct str *s, const char *text);
void str_add_char(struct str *s, char c);
void str_add_int(struct str *s, int64_t n);
void str_printf(struct str *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void str_vprintf(struct str *s, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

#endif
