/* moment.h - moments as people and files write them: read, and printed */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "2026-11-23T21:45:00Z", "2026-11-23 21:45:00.5+01:00" (RFC 3339: T or a blank, seconds
 * with or without a fraction, Z or an offset), or ms since 1970 as digits; years 1970 to
 * 9999. false: neither.
 */
bool moment_parse(const char *text, int64_t *ret_at_ms);

/*
 * at_ms, of UTC, into buf of MOMENT_MAX bytes, which is returned. What the calendar of
 * the C library does not reach is "@<ms>".
 */
#define MOMENT_MAX 80
/* "2026-11-23T21:45:00.123Z" */
char *moment_text(int64_t at_ms, char *buf);
/* "2026-11-23T21:45:00Z", as stock files have it (CONTRACT 5.3). */
char *moment_text_sec(int64_t at_ms, char *buf);
/* "2026-11-23 21:45:00.123+00", as Postgres prints it. */
char *moment_text_row(int64_t at_ms, char *buf);

#endif
