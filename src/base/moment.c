/*
 * moment.c - moments as people and files write them: read, and printed
 *
 * Reading is strict: a day that no month has, a leap second and a missing offset are
 * refused, since a guess here starts somebody's run at the wrong time.
 */
#include "base/moment.h"

#include "base/digits.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define AT_MAX_MS 253402300799999 /* the end of year 9999 */

/* Exactly n digits at *p, which moves behind them. */
static bool digits(const char **p, int n, int *ret)
{
	int value = 0;

	for (; n > 0; n--, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return false;
		value = value * 10 + (**p - '0');
	}
	*ret = value;
	return true;
}

static bool literal(const char **p, const char *any)
{
	if (!**p || !strchr(any, **p))
		return false;
	(*p)++;
	return true;
}

static bool read_fraction(const char **p, int *ret_ms)
{
	int ms = 0, n = 0;

	*ret_ms = 0;
	if (**p != '.')
		return true;
	for ((*p)++; isdigit((unsigned char)**p); (*p)++, n++)
		if (n < 3)
			ms = ms * 10 + (**p - '0');
	for (; n > 0 && n < 3; n++)
		ms *= 10;
	*ret_ms = ms;
	return n > 0;
}

static bool read_offset(const char **p, int *ret_min)
{
	int hours, minutes;
	bool west;

	*ret_min = 0;
	if (literal(p, "Zz"))
		return true;
	west = **p == '-';
	if (!literal(p, "+- ") || !digits(p, 2, &hours)) /* "+" of a query is a blank */
		return false;
	if (!**p)
		minutes = 0; /* as Postgres prints it */
	else if (!literal(p, ":") || !digits(p, 2, &minutes))
		return false;
	if (hours > 18 || minutes > 59)
		return false;
	*ret_min = (hours * 60 + minutes) * (west ? -1 : 1);
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool read_ms(const char *text, int64_t *ret_at_ms)
{
	int64_t at_ms = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (!isdigit((unsigned char)text[i]) || i > 14)
			return false;
		at_ms = at_ms * 10 + (text[i] - '0');
	}
	if (i == 0 || at_ms > AT_MAX_MS)
		return false;
	*ret_at_ms = at_ms;
	return true;
}

bool moment_parse(const char *text, int64_t *ret_at_ms)
{
	const char *p = text;
	int year, month, day, hour, minute, second, ms, offset;
	struct tm tm = { 0 };
	int64_t at_ms;

	if (read_ms(text, ret_at_ms))
		return true;
	if (!digits(&p, 4, &year) || !literal(&p, "-") || !digits(&p, 2, &month) ||
	    !literal(&p, "-") || !digits(&p, 2, &day) || !literal(&p, "Tt ") ||
	    !digits(&p, 2, &hour) || !literal(&p, ":") || !digits(&p, 2, &minute) ||
	    !literal(&p, ":") || !digits(&p, 2, &second) || !read_fraction(&p, &ms) ||
	    !read_offset(&p, &offset) || *p)
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_of(year, month) || hour > 23 || minute > 59 || second > 59)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	at_ms = (int64_t)timegm(&tm) * 1000 + ms - (int64_t)offset * 60000;
	if (at_ms < 0 || at_ms > AT_MAX_MS)
		return false;
	*ret_at_ms = at_ms;
	return true;
}

/* -- printed -- */

char *moment_text(int64_t at_ms, char *buf)
{
	int ms = (int)(((at_ms % 1000) + 1000) % 1000);
	time_t sec = (time_t)((at_ms - ms) / 1000); /* floor, before 1970 as well */
	struct tm tm;
	int year;

	if (!gmtime_r(&sec, &tm)) {
		(void)snprintf(buf, MOMENT_MAX, "@%lld", (long long)at_ms);
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
	(void)snprintf(buf, MOMENT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year,
		       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
	return buf;
}

char *moment_text_sec(int64_t at_ms, char *buf)
{
	char *fraction = strchr(moment_text(at_ms, buf), '.');

	if (fraction)
		memcpy(fraction, "Z", 2);
	return buf;
}

char *moment_text_row(int64_t at_ms, char *buf)
{
	char *t = strchr(moment_text(at_ms, buf), 'T');

	if (t) {
		*t = ' ';
		memcpy(strchr(t, 'Z'), "+00", 4);
	}
	return buf;
}
