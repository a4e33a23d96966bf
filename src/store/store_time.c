/*
 * store_time.c - moments as answers show them
 *
 * Postgres leaves out trailing zeros of the fraction and the minutes of the offset,
 * Python writes six digits or none and the offset in full. Sessions run in UTC, so the
 * offset is +00 but for odd cases, which are handed on.
 */
#include "store/store_time.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_END 19 /* of "2026-06-01 12:34:56"; five-digit years are not ours */

const char *store_time_text(const char *moment, char *buf)
{
	const char *rest, *offset;
	size_t digits;

	if (!moment)
		return NULL;
	if (strlen(moment) < SECONDS_END || strlen(moment) >= STORE_TIME_MAX - 10) {
		(void)snprintf(buf, STORE_TIME_MAX, "%s", moment); /* infinity */
		return buf;
	}
	rest = moment + SECONDS_END;
	offset = rest + strcspn(rest, "+-");
	digits = *rest == '.' ? (size_t)(offset - rest) - 1 : 0;
	if (digits > 6)
		digits = 6;
	(void)snprintf(buf, STORE_TIME_MAX, "%.*s%s%.*s%.*s%s%s", SECONDS_END, moment,
		       digits ? "." : "", (int)digits, rest + 1,
		       digits ? (int)(6 - digits) : 0, "000000", offset,
		       strlen(offset) == 3 ? ":00" : "");
	return buf;
}
