/*
 * clock.c - the two clocks: one that may be stored, one that may not
 *
 * Moments that other hosts read are Postgres' or Redis' clock; the wall clock here serves
 * logs and event stamps. CLOCK_MONOTONIC is the same for all processes of one boot, which
 * is why the scoreboard may hold it.
 */
#include "base/clock.h"

#include "base/digits.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t clock_read_us(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		return 0; /* cannot fail with these clocks and a valid pointer */
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	return clock_read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
	return clock_read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
	return clock_read_us(CLOCK_MONOTONIC);
}

int64_t clock_cpu_us(void)
{
	return clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
}

char *clock_stamp(int64_t at_ms, char *buf)
{
	int ms = (int)(((at_ms % 1000) + 1000) % 1000);
	time_t sec = (time_t)((at_ms - ms) / 1000); /* floor, before 1970 as well */
	struct tm tm;
	int year;

	if (!gmtime_r(&sec, &tm)) {
		(void)snprintf(buf, CLOCK_STAMP_MAX, "@%lld", (long long)at_ms);
		return buf;
	}
	year = tm.tm_year + 1900;
	if (year >= 0 && year <= 9999) {
		memcpy(buf, "0000-00-00T00:00:00.000Z", 25);
		digits_put_padded((unsigned)year, 4, buf);
		digits_put_padded((unsigned)tm.tm_mon + 1, 2, buf + 5);
		digits_put_padded((unsigned)tm.tm_mday, 2, buf + 8);
		digits_put_padded((unsigned)tm.tm_hour, 2, buf + 11);
		digits_put_padded((unsigned)tm.tm_min, 2, buf + 14);
		digits_put_padded((unsigned)tm.tm_sec, 2, buf + 17);
		digits_put_padded((unsigned)ms, 3, buf + 20);
		return buf;
	}
	(void)snprintf(buf, CLOCK_STAMP_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year,
		       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
	return buf;
}
