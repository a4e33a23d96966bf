/*
 * cron.c - cron expressions
 *
 * Debian has no C library for them. The search goes by local days: which fit, and in such
 * a day which local times. On a day without a change of clocks these are moments in
 * order; on the others each is converted by itself and the earliest is taken.
 */
#include "run/cron.h"

#include "base/zone.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DAY_SEC  86400
#define DAYS_MAX (8 * 366 + 1)
#define TEXT_MAX 200

struct field {
	const char *name;
	int min, max;
	const char *const *words; /* NULL: none; the first stands for min */
};

static const char *const month_words[] = { "jan", "feb", "mar", "apr", "may",
					   "jun", "jul", "aug", "sep", "oct",
					   "nov", "dec", NULL };
static const char *const weekday_words[] = { "sun", "mon", "tue", "wed",
					     "thu", "fri", "sat", NULL };

static const struct field fields[] = {
	{ "minute", 0, 59, NULL },
	{ "hour", 0, 23, NULL },
	{ "day", 1, 31, NULL },
	{ "month", 1, 12, month_words },
	{ "weekday", 0, 7, weekday_words },
};
#define FIELDS (sizeof(fields) / sizeof(*fields))

static const struct {
	const char *name, *text;
} macros[] = {
	{ "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" }, { "@weekly", "0 0 * * 0" },
	{ "@monthly", "0 0 1 * *" },  { "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
};

/* ---- reading ---- */

static bool read_word(const struct field *field, const char **p, int *ret)
{
	int i;

	for (i = 0; field->words && field->words[i]; i++) {
		size_t len = strlen(field->words[i]);

		if (strncasecmp(*p, field->words[i], len) == 0 &&
		    !isalnum((unsigned char)(*p)[len])) {
			*ret = field->min + i;
			*p += len;
			return true;
		}
	}
	return false;
}

static bool read_number(const char **p, int *ret)
{
	int value = 0, n;

	for (n = 0; isdigit((unsigned char)**p) && n < 4; n++, (*p)++)
		value = value * 10 + (**p - '0');
	*ret = value;
	return n > 0 && !isdigit((unsigned char)**p);
}

static int read_value(const struct field *field, const char **p, int *ret,
		      struct err *err)
{
	if (!read_word(field, p, ret) && !read_number(p, ret))
		return err_set(err, ERR_INPUT, "the %s is no number", field->name);
	if (*ret < field->min || *ret > field->max)
		return err_set(err, ERR_INPUT, "the %s must be %d to %d", field->name,
			       field->min, field->max);
	return 0;
}

/* One element of a list: "*", "a", "a-b", each with "/step" or without. */
static int read_element(const struct field *field, const char **p, uint64_t *bits,
			struct err *err)
{
	int from = field->min, to = field->max, step = 1, rc = 0;
	bool range = true;

	if (**p == '*') {
		(*p)++;
	} else {
		rc = read_value(field, p, &from, err);
		range = **p == '-';
		to = from;
		if (rc == 0 && range) {
			(*p)++;
			rc = read_value(field, p, &to, err);
		}
	}
	if (rc < 0)
		return rc;
	if (to < from)
		return err_set(err, ERR_INPUT, "the range of the %s goes backwards",
			       field->name);
	if (**p == '/') {
		(*p)++;
		if (!read_number(p, &step) || step < 1 || step > field->max)
			return err_set(err, ERR_INPUT,
				       "the step of the %s must be 1 to %d", field->name,
				       field->max);
		if (!range)
			to = field->max; /* "5/15" is "5-59/15" */
	}
	for (; from <= to; from += step)
		*bits |= UINT64_C(1) << from;
	return 0;
}

static int read_field(const struct field *field, const char **p, uint64_t *bits,
		      bool *any, struct err *err)
{
	int rc;

	*any = **p == '*';
	for (;;) {
		rc = read_element(field, p, bits, err);
		if (rc < 0)
			return rc;
		if (**p != ',')
			break;
		(*p)++;
	}
	if (**p && !isspace((unsigned char)**p))
		return err_set(err, ERR_INPUT, "the %s is followed by '%c'", field->name,
			       isprint((unsigned char)**p) ? **p : '?');
	while (isspace((unsigned char)**p))
		(*p)++;
	return 0;
}

int cron_parse(const char *text, struct cron *ret, struct err *err)
{
	uint64_t bits[FIELDS] = { 0 };
	bool any[FIELDS] = { false };
	const char *p = text;
	size_t i;
	int rc;

	if (strlen(text) > TEXT_MAX)
		return err_set(err, ERR_INPUT, "it has more than %d bytes", TEXT_MAX);
	while (isspace((unsigned char)*p))
		p++;
	for (i = 0; i < sizeof(macros) / sizeof(*macros); i++)
		if (strcasecmp(p, macros[i].name) == 0)
			p = macros[i].text;
	for (i = 0; i < FIELDS; i++) {
		if (!*p)
			return err_set(err, ERR_INPUT,
				       "it has %zu fields, not five: minute hour day "
				       "month weekday",
				       i);
		rc = read_field(&fields[i], &p, &bits[i], &any[i], err);
		if (rc < 0)
			return rc;
	}
	if (*p)
		return err_set(err, ERR_INPUT, "it has more than five fields");
	*ret = (struct cron){
		.minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2],
		.months = (uint16_t)bits[3],
		.weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 0x7f),
		.any_day = any[2],
		.any_weekday = any[4],
		.every_hour = bits[1] == 0xffffff,
	};
	return 0;
}

/* ---- searching ---- */

static bool day_fits(const struct cron *cron, int64_t local_day)
{
	time_t at = (time_t)(local_day * DAY_SEC);
	struct tm tm;
	bool day, weekday;

	if (!gmtime_r(&at, &tm) || !(cron->months >> (tm.tm_mon + 1) & 1))
		return false;
	day = cron->days >> tm.tm_mday & 1;
	weekday = cron->weekdays >> tm.tm_wday & 1;
	if (cron->any_day || cron->any_weekday)
		return day && weekday;
	return day || weekday;
}

/* The moments of a local time: as the clock was before, and as it is after a change that
 * is near. */
static int moments(const struct cron *cron, const char *zone, int64_t local_sec,
		   int64_t ret[2])
{
	int64_t before = zone_offset_sec(zone, local_sec - 2 * DAY_SEC);
	int64_t after = zone_offset_sec(zone, local_sec + 2 * DAY_SEC);
	int64_t first = local_sec - before, second = local_sec - after;
	bool first_is = zone_offset_sec(zone, first) == before;
	bool second_is = zone_offset_sec(zone, second) == after;

	ret[0] = first_is || !second_is ? first : second; /* neither: it is left out */
	ret[1] = second;
	return first_is && second_is && first != second && cron->every_hour ? 2 : 1;
}

/* The least moment of a day after one; -1: none. */
static int64_t search_day(const struct cron *cron, const char *zone, int64_t local_day,
			  int64_t after_sec)
{
	int64_t midnight = local_day * DAY_SEC, best = -1;
	int64_t offset = zone_offset_sec(zone, midnight - 2 * DAY_SEC);
	bool steady = offset == zone_offset_sec(zone, midnight + 3 * DAY_SEC) &&
		      offset == zone_offset_sec(zone, midnight + DAY_SEC / 2 - offset);
	int hour, minute, n, i;

	for (hour = 0; hour < 24; hour++) {
		if (!(cron->hours >> hour & 1))
			continue;
		for (minute = 0; minute < 60; minute++) {
			int64_t local = midnight + hour * 3600 + minute * 60;
			int64_t at[2] = { local - offset, 0 };

			if (!(cron->minutes >> minute & 1))
				continue;
			n = steady ? 1 : moments(cron, zone, local, at);
			for (i = 0; i < n; i++)
				if (at[i] > after_sec && (best < 0 || at[i] < best))
					best = at[i];
			if (steady && best >= 0)
				return best;
		}
	}
	return best;
}

int64_t cron_next(const struct cron *cron, const char *zone, int64_t after_sec)
{
	int64_t local = after_sec + zone_offset_sec(zone, after_sec);
	int64_t day = local / DAY_SEC - 1; /* a clock may have gone back over midnight */
	int64_t last = day + DAYS_MAX, at, later;

	for (; day <= last; day++) {
		if (!day_fits(cron, day))
			continue;
		at = search_day(cron, zone, day, after_sec);
		if (at < 0)
			continue;
		/* what was left out before midnight may be behind the next day's first */
		later = day_fits(cron, day + 1)
				? search_day(cron, zone, day + 1, after_sec)
				: -1;
		return later >= 0 && later < at ? later : at;
	}
	return -1;
}
