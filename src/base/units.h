/* units.h - durations and sizes as people write them */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/*
 * "250ms", "8s", "5m", "1h", "30d" in milliseconds; "64KiB", "1MiB", "2GiB", "512B" in
 * bytes. An integer and its unit without a space; a bare number is refused except 0.
 * Returns 0 and sets *ret, or ERR_INPUT.
 */
int units_parse_ms(const char *text, int64_t *ret);
int units_parse_bytes(const char *text, int64_t *ret);
/* A plain decimal integer, the whole text. */
int units_parse_int(const char *text, int64_t *ret);

#define UNITS_TEXT_MAX 32
/* The shortest exact form: 90000 -> "90s". Into buf[UNITS_TEXT_MAX]; returns buf. */
char *units_format_ms(int64_t ms, char *buf);
char *units_format_bytes(int64_t bytes, char *buf);

#endif
