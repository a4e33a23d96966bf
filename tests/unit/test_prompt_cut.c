/* test_prompt_cut.c - long values in prompts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/prompt_cut.h"

#include "base/str.h"
#include "base/utf8.h"

#include <string.h>

static struct str out;

static const char *cut(const char *text, size_t max)
{
	str_reset(&out, 0);
	prompt_cut(&out, text, strlen(text), max);
	return str_text(&out);
}

static void what_fits_stays(void **state)
{
	(void)state;
	assert_string_equal(cut("", 64), "");
	assert_string_equal(cut("a b\n\nc", 64), "a b\n\nc");
}

static void a_cut_is_at_the_best_border_near(void **state)
{
	(void)state;
	/* 90 bytes: 60 of the head, 30 of the tail; borders are looked for in 45..60
	 * and in the first 7 of the tail */
	assert_string_equal(
		cut("0123456789 0123456789 0123456789 0123456789 01.\n\n3456789 0123456789 "
		    "0123456789 0123456789 0123 56789 0123456789 0123456789",
		    90),
		"0123456789 0123456789 0123456789 0123456789 01.\n\n"
		"\n[... 46 characters left out ...]\n"
		"56789 0123456789 0123456789");
	/* no border at all */
	str_reset(&out, 0);
	(void)cut(
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		66);
	assert_non_null(strstr(str_text(&out), "\n[... 4 characters left out ...]\n"));
}

static void no_character_is_cut(void **state)
{
	struct str text = STR_INIT;
	size_t max;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		str_add_text(&text, "\xC3\xA4\xE2\x82\xAC");
	for (max = 64; max < 80; max++) {
		(void)cut(str_text(&text), max);
		assert_true(utf8_valid(str_text(&out), out.len, NULL));
	}
	str_deinit(&text);
}

static void a_line_has_no_line_feeds(void **state)
{
	(void)state;
	str_reset(&out, 0);
	prompt_cut_line(&out, "a\r\nb\xC3\xA4", 6, 5);
	assert_string_equal(str_text(&out), "a  b...");
	str_reset(&out, 0);
	prompt_cut_line(&out, "ab", 2, 5);
	assert_string_equal(str_text(&out), "ab");
}

static int teardown(void **state)
{
	(void)state;
	str_deinit(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_stays),
		cmocka_unit_test(a_cut_is_at_the_best_border_near),
		cmocka_unit_test(no_character_is_cut),
		cmocka_unit_test(a_line_has_no_line_feeds),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
