/* moment.h - moments that people write, read into milliseconds */
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

#endif
