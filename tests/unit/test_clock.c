/* test_clock.c - the two clocks */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

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
		cmocka_unit_test(the_monotonic_clock_does_not_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
