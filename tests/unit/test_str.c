/* test_str.c - the growing byte buffer */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static void an_empty_one_is_an_empty_text(void **state)
{
	struct str s = STR_INIT;
	char *taken;

	(void)state;
	assert_string_equal(str_text(&s), "");
	taken = str_take(&s);
	assert_string_equal(taken, "");
	mem_free(taken);
	str_drop(&s, 0);
	str_reset(&s, 0);
	str_deinit(&s);
}

static void everything_added_is_there_in_order(void **state)
{
	struct str s = STR_INIT;
	char *taken;

	(void)state;
	str_add(&s, "a\0b", 3);
	str_add(&s, NULL, 0);
	str_add_text(&s, "-text");
	str_add_char(&s, '!');
	str_add_int(&s, -42);
	str_printf(&s, " %s %03d", "run", 7);
	assert_int_equal(s.len, 20);
	assert_memory_equal(s.data, "a\0b-text!-42 run 007", 21);
	taken = str_take(&s);
	assert_memory_equal(taken, "a\0b", 3);
	assert_int_equal(s.len, 0);
	assert_null(s.data);
	mem_free(taken);
}

static void integers_reach_both_ends(void **state)
{
	static const struct {
		int64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 9, "9" },
		{ -1, "-1" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str s = STR_INIT;

		str_add_int(&s, cases[i].n);
		assert_string_equal(str_text(&s), cases[i].text);
		str_deinit(&s);
	}
}

static void it_grows_byte_by_byte_and_at_once(void **state)
{
	struct str s = STR_INIT;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		str_add_char(&s, (char)('a' + i % 26));
	assert_int_equal(s.len, 10000);
	assert_int_equal(strlen(str_text(&s)), 10000);
	assert_true(s.room < 40000);
	str_printf(&s, "%70000s", "x");
	assert_int_equal(s.len, 80000);
	str_deinit(&s);
}

static void reserved_room_is_filled_from_outside(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_add_text(&s, "ab");
	memcpy(str_reserve(&s, 100), "cdef", 4);
	str_grew(&s, 4);
	assert_string_equal(str_text(&s), "abcdef");
	str_grew(&s, 0);
	assert_string_equal(str_text(&s), "abcdef");
	str_deinit(&s);
}

static void the_front_can_be_dropped(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_add_text(&s, "head-tail");
	str_drop(&s, 5);
	assert_string_equal(str_text(&s), "tail");
	str_drop(&s, 4);
	assert_string_equal(str_text(&s), "");
	assert_int_equal(s.len, 0);
	str_deinit(&s);
}

static void a_reset_keeps_little_memory_and_gives_much_back(void **state)
{
	struct str s = STR_INIT;
	char *before;

	(void)state;
	str_add_text(&s, "short");
	before = s.data;
	str_reset(&s, 1024);
	assert_ptr_equal(s.data, before);
	assert_string_equal(str_text(&s), "");
	str_printf(&s, "%5000s", "x");
	str_reset(&s, 1024);
	assert_null(s.data);
	assert_int_equal(s.room, 0);
	str_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_is_an_empty_text),
		cmocka_unit_test(everything_added_is_there_in_order),
		cmocka_unit_test(integers_reach_both_ends),
		cmocka_unit_test(it_grows_byte_by_byte_and_at_once),
		cmocka_unit_test(reserved_room_is_filled_from_outside),
		cmocka_unit_test(the_front_can_be_dropped),
		cmocka_unit_test(a_reset_keeps_little_memory_and_gives_much_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
