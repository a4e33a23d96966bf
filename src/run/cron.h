/* cron.h - cron expressions of five fields: which moments they mean */
#ifndef RUN_CRON_H
#define RUN_CRON_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* For readers: a bit for each value that fits. */
struct cron {
	uint64_t minutes; /* 0..59 */
	uint32_t hours;   /* 0..23 */
	uint32_t days;    /* 1..31 */
	uint16_t months;  /* 1..12 */
	uint8_t weekdays; /* 0..6, 0 is Sunday */
	bool any_day;     /* the field of days is "*" */
	bool any_weekday; /* the same */
	bool every_hour;
};

/*
 * "minute hour day month weekday": numbers, names of months and weekdays, "*", lists,
 * ranges, steps ("1-5", "*" with "/15"); 7 is Sunday as well. Or @hourly, @daily,
 * @midnight, @weekly, @monthly, @yearly, @annually. When both days and weekdays are
 * restricted, either is enough. ERR_INPUT with a sentence.
 */
int cron_parse(const char *text, struct cron *ret, struct err *err);

/*
 * The first moment after `after_sec` (seconds since 1970) in a time zone; -1: there is
 * none within eight years (30 February).
 *
 * A local time that a change of clocks leaves out counts as what it would have been
 * without the change; one that comes twice counts the first time, and both times when
 * every hour fits.
 */
int64_t cron_next(const struct cron *cron, const char *zone, int64_t after_sec);

#endif
