/* test_clock.c - the two clocks and the stamp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void stamps_are_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t at_ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 1795470300123, "2026-11-23T21:45:00.123Z" },
		{ 951782399999, "2000-02-28T23:59:59.999Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
		{ 253402300800000, "10000-01-01T00:00:00.000Z" },
		{ -1000, "1969-12-31T23:59:59.000Z" },
	};
	char buf[CLOCK_STAMP_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(clock_stamp(cases[i].at_ms, buf), cases[i].text);
}

static void a_year_beyond_the_calendar_is_a_number(void **state)
{
	char buf[CLOCK_STAMP_MAX];

	(void)state;
	assert_string_equal(clock_stamp(INT64_MAX, buf), "292278994-08-17T07:12:55.807Z");
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
	int64_t before_us = clock_mono_us(), before_ms = clock_mono_ms();
	int64_t cpu_us = clock_cpu_us();
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		int64_t now_us = clock_mono_us();

		assert_true(now_us >= before_us);
		before_us = now_us;
	}
	assert_true(clock_mono_ms() >= before_ms);
	assert_true(clock_cpu_us() >= cpu_us);
	/* after the year 2020: it is the wall clock, in milliseconds */
	assert_true(clock_wall_ms() > 1577836800000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps_are_utc_with_milliseconds),
		cmocka_unit_test(a_year_beyond_the_calendar_is_a_number),
		cmocka_unit_test(the_monotonic_clock_does_not_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
