/* test_ids.c - names of runs, workers and keys */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ids.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static void a_run_is_named_as_stock_names_it(void **state)
{
	char buf[IDS_MAX], again[IDS_MAX];

	(void)state;
	(void)ids_run(1795470300123, buf);
	assert_memory_equal(buf, "run_", 4);
	assert_int_equal(strspn(buf + 4, "0123456789abcdef"), 12);
	assert_string_equal(buf + 16, "_1795470300123");
	assert_string_not_equal(buf, ids_run(1795470300123, again));
}

static void runs_of_a_minute_are_neighbours(void **state)
{
	const int64_t begins_ms = INT64_C(0x1a20a5b0000);
	char one[IDS_MAX], two[IDS_MAX];

	(void)state;
	(void)ids_run(begins_ms, one);
	(void)ids_run(begins_ms + 65535, two);
	assert_memory_equal(one, "run_5b", 6);
	assert_memory_equal(two, "run_5b", 6);
	assert_memory_not_equal(one + 6, two + 6, 10);
	assert_memory_equal(ids_run(begins_ms + 65536, two), "run_5c", 6);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void runs_of_a_millisecond_have_names_of_their_own(void **state)
{
	const size_t n = 65536;
	char(*names)[IDS_MAX] = calloc(n, sizeof(*names));
	size_t i;

	(void)state;
	assert_non_null(names);
	for (i = 0; i < n; i++)
		(void)ids_run(1795470300123, names[i]);
	qsort(names, n, sizeof(*names), by_text);
	for (i = 1; i < n; i++)
		assert_string_not_equal(names[i - 1], names[i]);
	free(names);
}

static void an_incarnation_is_never_the_same_twice_and_always_fits(void **state)
{
	char one[IDS_MAX], two[IDS_MAX], row[400];

	(void)state;
	(void)ids_incarnation("worker-a", one);
	assert_memory_equal(one, "worker-a.", 9);
	assert_int_equal(strlen(one), 17);
	assert_string_not_equal(one, ids_incarnation("worker-a", two));
	memset(row, 'r', sizeof(row) - 1);
	row[sizeof(row) - 1] = '\0';
	assert_int_equal(strlen(ids_incarnation(row, one)), 249);
}

static void a_uuid_is_of_version_4(void **state)
{
	char buf[IDS_MAX];
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		(void)ids_uuid(buf);
		assert_int_equal(strlen(buf), 36);
		assert_int_equal(buf[8], '-');
		assert_int_equal(buf[13], '-');
		assert_int_equal(buf[14], '4');
		assert_int_equal(buf[18], '-');
		assert_non_null(strchr("89ab", buf[19]));
		assert_int_equal(buf[23], '-');
	}
}

static void foreign_ids_are_percent_encoded(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	ids_encode(&out, "a Z_0.-:{}%/\xC3\xA9\x7f");
	assert_string_equal(str_text(&out), "a%20Z_0.-%3A%7B%7D%25%2F%C3%A9%7F");
	str_reset(&out, 0);
	ids_encode(&out, "");
	assert_string_equal(str_text(&out), "");
	str_deinit(&out);
}

static void queue_names_are_short_and_plain(void **state)
{
	char name[66];

	(void)state;
	memset(name, 'q', sizeof(name) - 1);
	name[65] = '\0';
	assert_false(ids_queue_name(name));
	name[64] = '\0';
	assert_true(ids_queue_name(name));
	assert_true(ids_queue_name("A-z_0.9"));
	assert_false(ids_queue_name(""));
	assert_false(ids_queue_name("a b"));
	assert_false(ids_queue_name("a{b}"));
	assert_false(ids_queue_name("a*"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_named_as_stock_names_it),
		cmocka_unit_test(runs_of_a_minute_are_neighbours),
		cmocka_unit_test(runs_of_a_millisecond_have_names_of_their_own),
		cmocka_unit_test(an_incarnation_is_never_the_same_twice_and_always_fits),
		cmocka_unit_test(a_uuid_is_of_version_4),
		cmocka_unit_test(foreign_ids_are_percent_encoded),
		cmocka_unit_test(queue_names_are_short_and_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
