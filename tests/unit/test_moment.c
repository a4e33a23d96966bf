/* test_moment.c - moments as people and files write them */
#include "base/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void moments_are_read_to_the_millisecond(void **state)
{
	static const struct {
		const char *text;
		int64_t at_ms;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-23T21:45:00Z", 1795470300000 },
		{ "2026-11-23t21:45:00.5z", 1795470300500 },
		{ "2026-11-23 21:45:00.123456+00:00", 1795470300123 },
		{ "2026-11-23T22:45:00+01:00", 1795470300000 },
		{ "2026-11-23T22:45:00 01:00", 1795470300000 },
		{ "2026-11-23T16:15:00-05:30", 1795470300000 },
		{ "2026-11-23 21:45:00+00", 1795470300000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "1795470300000", 1795470300000 },
		{ "0", 0 },
	};
	int64_t at_ms;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(moment_parse(rows[i].text, &at_ms));
		assert_int_equal(at_ms, rows[i].at_ms);
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"-1",
		"1.5",
		"9999999999999999",
		"2026-11-23",
		"2026-11-23T21:45Z",
		"2026-11-23T21:45:00",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-04-30T24:00:00Z",
		"2026-04-30T23:60:00Z",
		"2026-04-30T23:59:60Z",
		"2026-04-30T23:59:00.Z",
		"2026-04-30T23:59:00+1:00",
		"2026-04-30T23:59:00+19:00",
		"2026-04-30T23:59:00Zx",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
	};
	int64_t at_ms = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_false(moment_parse(texts[i], &at_ms));
	assert_int_equal(at_ms, 7);
}

static void moments_are_printed_in_utc(void **state)
{
	static const struct {
		int64_t at_ms;
		const char *text, *sec, *row;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z",
		  "1970-01-01 00:00:00.000+00" },
		{ 1795470300123, "2026-11-23T21:45:00.123Z", "2026-11-23T21:45:00Z",
		  "2026-11-23 21:45:00.123+00" },
		{ 951782399999, "2000-02-28T23:59:59.999Z", "2000-02-28T23:59:59Z",
		  "2000-02-28 23:59:59.999+00" },
		{ -1, "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z",
		  "1969-12-31 23:59:59.999+00" },
		{ -1000, "1969-12-31T23:59:59.000Z", "1969-12-31T23:59:59Z",
		  "1969-12-31 23:59:59.000+00" },
		{ 253402300800000, "10000-01-01T00:00:00.000Z", "10000-01-01T00:00:00Z",
		  "10000-01-01 00:00:00.000+00" },
		{ INT64_MAX, "292278994-08-17T07:12:55.807Z", "292278994-08-17T07:12:55Z",
		  "292278994-08-17 07:12:55.807+00" },
	};
	char buf[MOMENT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_string_equal(moment_text(rows[i].at_ms, buf), rows[i].text);
		assert_string_equal(moment_text_sec(rows[i].at_ms, buf), rows[i].sec);
		assert_string_equal(moment_text_row(rows[i].at_ms, buf), rows[i].row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_read_to_the_millisecond),
		cmocka_unit_test(what_is_no_moment_is_refused),
		cmocka_unit_test(moments_are_printed_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
