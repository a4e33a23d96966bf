/* test_squeeze.c - how long streams of ended runs live when Redis holds much */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clerk/squeeze.h"

static void above_the_bound_it_halves_down_to_ten_seconds(void **state)
{
	(void)state;
	assert_int_equal(squeeze_next(3600000, 3600000, 101, 100), 1800000);
	assert_int_equal(squeeze_next(15000, 3600000, 101, 100), SQUEEZE_MIN_MS);
	assert_int_equal(squeeze_next(10000, 3600000, 101, 100), SQUEEZE_MIN_MS);
}

static void below_four_fifths_it_doubles_up_to_what_is_configured(void **state)
{
	(void)state;
	assert_int_equal(squeeze_next(10000, 3600000, 79, 100), 20000);
	assert_int_equal(squeeze_next(2000000, 3600000, 79, 100), 3600000);
	assert_int_equal(squeeze_next(3600000, 3600000, 0, 100), 3600000);
}

static void between_the_two_it_stays(void **state)
{
	(void)state;
	assert_int_equal(squeeze_next(20000, 3600000, 80, 100), 20000);
	assert_int_equal(squeeze_next(20000, 3600000, 100, 100), 20000);
}

static void without_a_bound_it_is_what_is_configured(void **state)
{
	(void)state;
	assert_int_equal(squeeze_next(3600000, 3600000, INT64_MAX, 0), 3600000);
}

static void a_shorter_configured_one_is_never_made_longer(void **state)
{
	(void)state;
	assert_int_equal(squeeze_next(5000, 5000, 101, 100), 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(above_the_bound_it_halves_down_to_ten_seconds),
		cmocka_unit_test(below_four_fifths_it_doubles_up_to_what_is_configured),
		cmocka_unit_test(between_the_two_it_stays),
		cmocka_unit_test(without_a_bound_it_is_what_is_configured),
		cmocka_unit_test(a_shorter_configured_one_is_never_made_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
