/* test_problem.c - a list of what is wrong with a document */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/problem.h"

#include "base/utf8.h"

#include <string.h>

static void problems_are_kept_in_order(void **state)
{
	struct problems problems;

	(void)state;
	problem_init(&problems);
	problem_add(&problems, "steps[0].id", "%s is %d", "one", 1);
	problem_add(&problems, "", "two");
	assert_int_equal(problems.count, 2);
	assert_string_equal(problems.kept[0].where, "steps[0].id");
	assert_string_equal(problems.kept[0].text, "one is 1");
	assert_string_equal(problems.kept[1].text, "two");
	problem_deinit(&problems);
}

static void beyond_the_hundredth_they_are_only_counted(void **state)
{
	struct problems problems;
	int i;

	(void)state;
	problem_init(&problems);
	for (i = 0; i < 1000; i++)
		problem_add(&problems, "x", "%d", i);
	assert_int_equal(problems.count, 1000);
	assert_string_equal(problems.kept[PROBLEM_MAX - 1].text, "99");
	problem_deinit(&problems);
}

static void a_long_text_is_cut_between_characters(void **state)
{
	struct problems problems;
	char text[1500];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i += 2)
		memcpy(text + i, "\xC3\xA4", 2);
	text[sizeof(text) - 2] = '\0';
	problem_init(&problems);
	problem_add(&problems, text, "x%s", text);
	assert_true(strlen(problems.kept[0].text) <= 500);
	assert_true(strlen(problems.kept[0].text) >= 490);
	assert_true(
		utf8_valid(problems.kept[0].text, strlen(problems.kept[0].text), NULL));
	assert_true(strlen(problems.kept[0].where) <= 500);
	problem_deinit(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(problems_are_kept_in_order),
		cmocka_unit_test(beyond_the_hundredth_they_are_only_counted),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
