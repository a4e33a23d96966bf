/* test_store_time.c - moments as Python's str(datetime) prints them */
#include "store/store_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void moments_get_six_digits_and_a_full_offset(void **state)
{
	static const struct {
		const char *pg, *python;
	} cases[] = {
		{ "2026-06-01 12:34:56.789012+00", "2026-06-01 12:34:56.789012+00:00" },
		{ "2026-06-01 12:34:56.789+00", "2026-06-01 12:34:56.789000+00:00" },
		{ "2026-06-01 12:34:56.7+00", "2026-06-01 12:34:56.700000+00:00" },
		{ "2026-06-01 12:34:56+00", "2026-06-01 12:34:56+00:00" },
		{ "2026-06-01 12:34:56+05:30", "2026-06-01 12:34:56+05:30" },
		{ "2026-06-01 12:34:56.5-08", "2026-06-01 12:34:56.500000-08:00" },
		{ "infinity", "infinity" },
		{ "", "" },
	};
	char buf[STORE_TIME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(store_time_text(cases[i].pg, buf), cases[i].python);
}

static void no_moment_stays_none(void **state)
{
	char buf[STORE_TIME_MAX];

	(void)state;
	assert_null(store_time_text(NULL, buf));
}

static void a_long_text_is_cut_to_the_buffer(void **state)
{
	char text[200], buf[STORE_TIME_MAX];

	(void)state;
	memset(text, '9', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(strlen(store_time_text(text, buf)), STORE_TIME_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_get_six_digits_and_a_full_offset),
		cmocka_unit_test(no_moment_stays_none),
		cmocka_unit_test(a_long_text_is_cut_to_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
