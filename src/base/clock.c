/*
 * clock.c - the two clocks: one that may be stored, one that may not
 *
 * Moments that other hosts read are Postgres' or Redis' clock; the wall clock here serves
 * logs and event stamps. CLOCK_MONOTONIC is the same for all processes of one boot, which
 * is why the scoreboard may hold it.
 */
#include "base/clock.h"

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
