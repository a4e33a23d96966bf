/*
 * fires.c - which moments of a schedule are to be dealt with now
 *
 * In order, nothing is late and one moment is due. After an outage there may be many;
 * what becomes of those is the schedule's policy.
 */
#include "run/fires.h"

#include <string.h>

static const char *const words[FIRES_MISSED_COUNT] = {
	[FIRES_MISSED_SKIP] = "skip",
	[FIRES_MISSED_ONCE] = "once",
	[FIRES_MISSED_ALL] = "all",
};

enum fires_missed fires_missed_find(const char *word)
{
	size_t i;

	for (i = 0; i < FIRES_MISSED_COUNT; i++)
		if (strcmp(words[i], word) == 0)
			break;
	return (enum fires_missed)i;
}

static void push(int64_t *due, size_t *n, size_t max, int64_t at)
{
	if (*n == max) { /* the newest count */
		memmove(due, due + 1, (max - 1) * sizeof(*due));
		(*n)--;
	}
	due[(*n)++] = at;
}

size_t fires_plan(const struct cron *cron, const char *zone, enum fires_missed missed,
		  int64_t next_sec, int64_t now_sec, size_t max, int64_t *due,
		  int64_t *ret_next)
{
	int64_t at = next_sec;
	size_t n = 0;

	if (now_sec - at > FIRES_BACK_SEC)
		at = cron_next(cron, zone, now_sec - FIRES_BACK_SEC);
	for (; at >= 0 && at <= now_sec; at = cron_next(cron, zone, at)) {
		if (missed == FIRES_MISSED_SKIP && now_sec - at >= FIRES_LATE_SEC)
			continue;
		push(due, &n, missed == FIRES_MISSED_ALL ? max : 1, at);
	}
	*ret_next = at;
	return n;
}
