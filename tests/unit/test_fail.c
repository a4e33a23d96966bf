/* test_fail.c - the kinds of failure */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/fail.h"

#include <string.h>

static void every_class_is_found_by_its_name(void **state)
{
	int i;

	(void)state;
	for (i = FAIL_NONE + 1; i < FAIL_NCLASSES; i++) {
		const char *name = fail_name((enum fail_class)i);

		assert_int_equal(fail_parse(name, strlen(name)), i);
	}
}

static void other_names_are_no_class(void **state)
{
	(void)state;
	assert_int_equal(fail_parse("none", 4), FAIL_NONE);
	assert_int_equal(fail_parse("job", 2), FAIL_NONE);
	assert_int_equal(fail_parse("jobs", 4), FAIL_NONE);
	assert_int_equal(fail_parse("", 0), FAIL_NONE);
	assert_int_equal(fail_parse("Job", 3), FAIL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_is_found_by_its_name),
		cmocka_unit_test(other_names_are_no_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
