/* test_stream_id.c - bounds of ranges, made inclusive */
#include "api/stream_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void start_is(const char *text, const char *want)
{
	char ret[STREAM_ID_MAX];

	assert_true(stream_id_start(text, ret));
	assert_string_equal(ret, want);
}

static void end_is(const char *text, const char *want)
{
	char ret[STREAM_ID_MAX];

	assert_true(stream_id_end(text, ret));
	assert_string_equal(ret, want);
}

static void ids_stay_what_they_are(void **state)
{
	(void)state;
	start_is("-", "-");
	start_is("+", "+");
	start_is("5-7", "5-7");
	start_is("5", "5-0");
	end_is("+", "+");
	end_is("5-7", "5-7");
	end_is("5", "5-18446744073709551615");
}

static void an_open_bound_becomes_its_neighbour(void **state)
{
	(void)state;
	start_is("(5-7", "5-8");
	start_is("(5", "5-1");
	start_is("(5-18446744073709551615", "6-0");
	start_is("(18446744073709551615-18446744073709551615",
		 "18446744073709551615-18446744073709551615");
	end_is("(5-7", "5-6");
	end_is("(5-0", "4-18446744073709551615");
	end_is("(5", "5-18446744073709551614");
	end_is("(0-0", "0-0");
}

static void what_is_no_id_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"5-",
		"-5",
		"5-x",
		"5-6-7",
		"((5",
		"( 5",
		"5 ",
		" 5",
		"+5",
		"(-",
		"(+",
		"0x10",
		"5.0",
		"18446744073709551616",
		"1-18446744073709551616",
		"000000000000000000000000000001",
	};
	char ret[STREAM_ID_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_false(stream_id_start(texts[i], ret));
		assert_false(stream_id_end(texts[i], ret));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_stay_what_they_are),
		cmocka_unit_test(an_open_bound_becomes_its_neighbour),
		cmocka_unit_test(what_is_no_id_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
