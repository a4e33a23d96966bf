/* test_units.c - durations and sizes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/units.h"

struct unit_case {
	const char *text;
	int64_t value; /* -1: refused */
};

#define KEPT 77

static void check(int (*parse)(const char *, int64_t *), const struct unit_case *cases)
{
	for (; cases->text; cases++) {
		int64_t value = KEPT;
		int rc = parse(cases->text, &value);

		if (cases->value < 0) {
			assert_int_equal(rc, ERR_INPUT);
			assert_int_equal(value, KEPT);
		} else {
			assert_int_equal(rc, 0);
			assert_int_equal(value, cases->value);
		}
	}
}

static void durations_need_their_unit(void **state)
{
	static const struct unit_case cases[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "250ms", 250 },
		{ "8s", 8000 },
		{ "5m", 300000 },
		{ "1h", 3600000 },
		{ "30d", 2592000000 },
		{ "106751991167d", 9223372036828800000 },
		{ "106751991168d", -1 },
		{ "9223372036854775807ms", INT64_MAX },
		{ "9223372036854775808ms", -1 },
		{ "", -1 },
		{ "5", -1 },
		{ "s", -1 },
		{ "5 s", -1 },
		{ " 5s", -1 },
		{ "5s ", -1 },
		{ "5S", -1 },
		{ "5sec", -1 },
		{ "-5s", -1 },
		{ "+5s", -1 },
		{ "1.5s", -1 },
		{ "0x1s", -1 },
		{ "1KiB", -1 },
		{ "-", -1 },
		{ NULL, 0 },
	};

	(void)state;
	check(units_parse_ms, cases);
}

static void sizes_need_their_unit(void **state)
{
	static const struct unit_case cases[] = {
		{ "0", 0 },
		{ "512B", 512 },
		{ "64KiB", 65536 },
		{ "1MiB", 1048576 },
		{ "2GiB", 2147483648 },
		{ "8589934591GiB", 9223372035781033984 },
		{ "8589934592GiB", -1 },
		{ "1KB", -1 },
		{ "1K", -1 },
		{ "1", -1 },
		{ "-1B", -1 },
		{ "1s", -1 },
		{ NULL, 0 },
	};

	(void)state;
	check(units_parse_bytes, cases);
}

static void integers_are_plain(void **state)
{
	static const struct unit_case cases[] = {
		{ "0", 0 },
		{ "42", 42 },
		{ "007", 7 },
		{ "", -1 },
		{ "4x", -1 },
		{ " 4", -1 },
		{ "4 ", -1 },
		{ "+4", -1 },
		{ "4.0", -1 },
		{ "-", -1 },
		{ "--1", -1 },
		{ "0x4", -1 },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", -1 },
		{ NULL, 0 },
	};
	int64_t value;

	(void)state;
	check(units_parse_int, cases);
	assert_int_equal(units_parse_int("-42", &value), 0);
	assert_int_equal(value, -42);
	assert_int_equal(units_parse_int("-9223372036854775808", &value), 0);
	assert_true(value == INT64_MIN);
	assert_int_equal(units_parse_int("-9223372036854775809", &value), ERR_INPUT);
}

static void the_shortest_exact_form_is_printed_and_read_back(void **state)
{
	static const struct {
		int64_t n;
		const char *ms, *bytes;
	} cases[] = {
		{ 0, "0", "0" },
		{ 1, "1ms", "1B" },
		{ 1000, "1s", "1000B" },
		{ 90000, "90s", "90000B" },
		{ 3600000, "1h", "3600000B" },
		{ 86400000, "1d", "84375KiB" },
		{ 1048576, "1048576ms", "1MiB" },
		{ 1073741824, "1073741824ms", "1GiB" },
		{ INT64_MAX, "9223372036854775807ms", "9223372036854775807B" },
	};
	char buf[UNITS_TEXT_MAX];
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(units_format_ms(cases[i].n, buf), cases[i].ms);
		assert_int_equal(units_parse_ms(buf, &back), 0);
		assert_true(back == cases[i].n);
		assert_string_equal(units_format_bytes(cases[i].n, buf), cases[i].bytes);
		assert_int_equal(units_parse_bytes(buf, &back), 0);
		assert_true(back == cases[i].n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_need_their_unit),
		cmocka_unit_test(sizes_need_their_unit),
		cmocka_unit_test(integers_are_plain),
		cmocka_unit_test(the_shortest_exact_form_is_printed_and_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
