/* test_cli_units.c - what stands in a column of a screen, and that it fits */
#include "cli/cli_units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
	int64_t n;
	const char *text;
};

static void compare(char *(*format)(int64_t, char *), const struct row *rows, size_t n)
{
	char buf[CLI_UNITS_MAX];
	size_t i;

	for (i = 0; i < n; i++)
		assert_string_equal(format(rows[i].n, buf), rows[i].text);
}
#define COMPARE(format, rows) compare(format, rows, sizeof(rows) / sizeof(*rows))

static void spans_have_two_units(void **state)
{
	static const struct row rows[] = {
		{ -1, "-" },          { 0, "0s" },
		{ 999, "0s" },        { 59999, "59s" },
		{ 60000, "1m0s" },    { 3599999, "59m59s" },
		{ 3600000, "1h0m" },  { 86399999, "23h59m" },
		{ 93784000, "1d2h" }, { 863999999999LL, "9999d23h" },
	};

	(void)state;
	COMPARE(cli_units_span, rows);
}

static void lags_have_one(void **state)
{
	static const struct row rows[] = {
		{ -1, "-" },       { 0, "0ms" },         { 999, "999ms" },
		{ 1000, "1.0s" },  { 9999, "9.9s" },     { 10000, "10s" },
		{ 99999, "99s" },  { 100000, "1m" },     { 5999999, "99m" },
		{ 6000000, "1h" }, { 359999999, "99h" }, { 360000000, "4d" },
	};

	(void)state;
	COMPARE(cli_units_lag, rows);
}

static void counts_have_five_characters(void **state)
{
	static const struct row rows[] = {
		{ -1, "-" },
		{ 0, "0" },
		{ 99999, "99999" },
		{ 100000, "100k" },
		{ 999999, "999k" },
		{ 1000000, "1.0M" },
		{ 12345678, "12.3M" },
		{ 999999999, "999M" },
		{ 1000000000, "1.0G" },
		{ 9999999999999, "9999G" },
	};

	(void)state;
	COMPARE(cli_units_count, rows);
}

static void bytes_as_well(void **state)
{
	static const struct row rows[] = {
		{ 0, "0" },
		{ 1023, "1023" },
		{ 1536, "1.5K" },
		{ 102399, "99.9K" },
		{ 1048575, "1023K" },
		{ 1048576, "1.0M" },
		{ 5LL << 30, "5.0G" },
		{ INT64_MAX, "8388607T" },
	};

	(void)state;
	COMPARE(cli_units_bytes, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_have_two_units),
		cmocka_unit_test(lags_have_one),
		cmocka_unit_test(counts_have_five_characters),
		cmocka_unit_test(bytes_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
