/* utf8.h - what may be stored and sent as text (RFC 3629) */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

struct str;

/* Valid UTF-8, no surrogates, no overlong forms. *bad_at (may be NULL): the first bad
 * byte. */
bool utf8_valid(const char *text, size_t len, size_t *bad_at);
/*
 * Append text with each bad byte and each NUL replaced by U+FFFD: storable in Postgres.
 */
void utf8_clean(struct str *out, const char *text, size_t len);
/*
 * What stands at the start of valid text if it is no character to be shown but steers a
 * terminal or turns the line round (controls, line separators, marks of direction), and
 * how many bytes it has; 0: something else.
 */
unsigned utf8_steers(const char *text, size_t *len);
/* Append one code point (0..0x10FFFF). */
void utf8_add(struct str *out, unsigned code);
/* The largest length <= max that does not cut a character of valid text. */
size_t utf8_cut(const char *text, size_t len, size_t max);

#endif
