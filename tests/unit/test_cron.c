/* test_cron.c - cron expressions, changes of clocks, missed moments */
#include "base/zone.h"
#include "run/cron.h"
#include "run/fires.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define BERLIN "Europe/Berlin"

/* "2026-03-29 01:30" in UTC. */
static int64_t utc(const char *text)
{
	struct tm tm = { 0 };

	assert_int_equal(sscanf(text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon,
				&tm.tm_mday, &tm.tm_hour, &tm.tm_min),
			 5);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

static const char *text_of(int64_t at)
{
	static char text[32];
	time_t t = (time_t)at;
	struct tm tm;

	if (at < 0)
		return "never";
	(void)gmtime_r(&t, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	return text;
}

static struct cron parsed(const char *text)
{
	struct cron cron;
	struct err err;

	if (cron_parse(text, &cron, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return cron;
}

/* From a moment on, these follow; all in UTC. */
static void follow(const char *text, const char *zone, const char *from,
		   const char *const *expected)
{
	struct cron cron = parsed(text);
	int64_t at = utc(from);

	for (; *expected; expected++) {
		at = cron_next(&cron, zone, at);
		assert_string_equal(text_of(at), *expected);
	}
}

#define FOLLOW(text, zone, from, ...)                                                    \
	follow(text, zone, from, (const char *const[]){ __VA_ARGS__, NULL })

static void fields_mean_what_cron_means(void **state)
{
	(void)state;
	FOLLOW("*/15 * * * *", "UTC", "2026-01-01 00:01", "2026-01-01 00:15",
	       "2026-01-01 00:30");
	FOLLOW("0 9-17/4 * * mon-fri", "UTC", "2026-01-02 10:00", "2026-01-02 13:00",
	       "2026-01-02 17:00", "2026-01-05 09:00");
	FOLLOW("5/20 0 * * *", "UTC", "2026-01-01 00:10", "2026-01-01 00:25",
	       "2026-01-01 00:45", "2026-01-02 00:05");
	FOLLOW("30 4 1,15 * 5", "UTC", "2026-01-01 05:00", "2026-01-02 04:30",
	       "2026-01-09 04:30", "2026-01-15 04:30");
	FOLLOW("0 0 * * 7", "UTC", "2026-01-01 00:00", "2026-01-04 00:00");
	FOLLOW("0 0 29 feb *", "UTC", "2026-01-01 00:00", "2028-02-29 00:00",
	       "2032-02-29 00:00");
	FOLLOW("@monthly", "UTC", "2026-01-01 00:00", "2026-02-01 00:00");
	FOLLOW(" 0 0 1 JAN,Dec * ", "UTC", "2026-01-01 00:00", "2026-12-01 00:00");
	FOLLOW("59 23 31 12 *", "UTC", "2026-12-31 23:59", "2027-12-31 23:59");
	FOLLOW("0 0 30 2 *", "UTC", "2026-01-01 00:00", "never");
}

static void what_is_no_expression_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"* * * *",
		"* * * * * *",
		"60 * * * *",
		"* 24 * * *",
		"* * 0 * *",
		"* * 32 * *",
		"* * * 13 *",
		"* * * 0 *",
		"* * * * 8",
		"x * * * *",
		"5-1 * * * *",
		"*/0 * * * *",
		"*/60 * * * *",
		"1,, * * * *",
		"1- * * * *",
		"* * * * monday",
		"@never",
		"1;2 * * * *",
		"-1 * * * *",
		"00001 * * * *",
	};
	struct cron cron;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (cron_parse(texts[i], &cron, &err) != ERR_INPUT)
			fail_msg("%s was accepted", texts[i]);
}

static void a_zone_is_local_time(void **state)
{
	(void)state;
	if (!zone_ok(BERLIN))
		skip(); /* a host without tzdata */
	FOLLOW("0 8 * * *", BERLIN, "2026-01-10 00:00", "2026-01-10 07:00");
	FOLLOW("0 8 * * *", BERLIN, "2026-07-10 00:00", "2026-07-10 06:00");
	FOLLOW("0 0 1 * *", BERLIN, "2026-06-15 00:00", "2026-06-30 22:00");
	FOLLOW("0 0 * * *", "Pacific/Auckland", "2026-01-10 00:00", "2026-01-10 11:00");
}

static void an_hour_that_is_left_out_is_made_up_for(void **state)
{
	(void)state;
	if (!zone_ok(BERLIN))
		skip();
	/* 29 March 2026: 02:00 becomes 03:00, at 01:00 UTC */
	FOLLOW("30 2 * * *", BERLIN, "2026-03-28 12:00", "2026-03-29 01:30",
	       "2026-03-30 00:30");
	FOLLOW("0 3 * * *", BERLIN, "2026-03-28 12:00", "2026-03-29 01:00",
	       "2026-03-30 01:00");
	FOLLOW("30 * * * *", BERLIN, "2026-03-29 00:00", "2026-03-29 00:30",
	       "2026-03-29 01:30", "2026-03-29 02:30");
}

static void an_hour_that_comes_twice_counts_once_unless_every_hour_does(void **state)
{
	(void)state;
	if (!zone_ok(BERLIN))
		skip();
	/* 25 October 2026: 03:00 becomes 02:00, at 01:00 UTC */
	FOLLOW("30 2 * * *", BERLIN, "2026-10-24 12:00", "2026-10-25 00:30",
	       "2026-10-26 01:30");
	FOLLOW("30 * * * *", BERLIN, "2026-10-24 23:00", "2026-10-24 23:30",
	       "2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30");
	FOLLOW("0 3 * * *", BERLIN, "2026-10-24 12:00", "2026-10-25 02:00");
}

static void missed_moments_are_what_the_policy_says(void **state)
{
	struct cron cron = parsed("0 * * * *");
	int64_t next = utc("2026-01-01 10:00"), now = utc("2026-01-01 13:30"), due[3];
	int64_t then;

	(void)state;
	assert_int_equal(
		fires_plan(&cron, "UTC", FIRES_MISSED_SKIP, next, now, 3, due, &then), 0);
	assert_int_equal(then, utc("2026-01-01 14:00"));
	assert_int_equal(
		fires_plan(&cron, "UTC", FIRES_MISSED_ONCE, next, now, 3, due, &then), 1);
	assert_int_equal(due[0], utc("2026-01-01 13:00"));
	assert_int_equal(
		fires_plan(&cron, "UTC", FIRES_MISSED_ALL, next, now, 3, due, &then), 3);
	assert_int_equal(due[0], utc("2026-01-01 11:00"));
	assert_int_equal(due[2], utc("2026-01-01 13:00"));
	/* in time */
	assert_int_equal(fires_plan(&cron, "UTC", FIRES_MISSED_SKIP, next, next + 5, 3,
				    due, &then),
			 1);
	assert_int_equal(due[0], next);
	assert_int_equal(then, utc("2026-01-01 11:00"));
	/* years ago: a month of it counts */
	assert_int_equal(fires_plan(&cron, "UTC", FIRES_MISSED_ONCE,
				    utc("2020-01-01 10:00"), now, 3, due, &then),
			 1);
	assert_int_equal(due[0], utc("2026-01-01 13:00"));
	assert_int_equal(fires_missed_find("all"), FIRES_MISSED_ALL);
	assert_int_equal(fires_missed_find("x"), FIRES_MISSED_COUNT);
}

static void only_zones_are_zones(void **state)
{
	(void)state;
	assert_true(zone_ok("UTC"));
	assert_false(zone_ok(""));
	assert_false(zone_ok("Nowhere/City"));
	assert_false(zone_ok("../../etc/passwd"));
	assert_false(zone_ok("Europe"));
	assert_false(zone_ok("a b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_mean_what_cron_means),
		cmocka_unit_test(what_is_no_expression_is_refused),
		cmocka_unit_test(a_zone_is_local_time),
		cmocka_unit_test(an_hour_that_is_left_out_is_made_up_for),
		cmocka_unit_test(
			an_hour_that_comes_twice_counts_once_unless_every_hour_does),
		cmocka_unit_test(missed_moments_are_what_the_policy_says),
		cmocka_unit_test(only_zones_are_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
