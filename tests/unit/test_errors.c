/*
 * test_errors.c - the table of refusals has a row for each code
 *
 * An enumerator without a row would be answered with status 0: the server cannot send
 * that. Two rows of one word would be one error for clients.
 */
#include "api/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_code_has_a_status_a_word_and_a_sentence(void **state)
{
	int i;

	(void)state;
	for (i = ERRORS_NONE + 1; i < ERRORS_COUNT; i++) {
		int status = errors_status((enum errors_code)i);

		if (status < 400 || status > 599)
			fail_msg("code %d has status %d", i, status);
		assert_non_null(errors_word((enum errors_code)i));
		assert_non_null(errors_detail((enum errors_code)i));
	}
}

static void no_word_means_two_things(void **state)
{
	int i, k;

	(void)state;
	for (i = 0; i < ERRORS_COUNT; i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(errors_word((enum errors_code)i),
						errors_word((enum errors_code)k));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_a_status_a_word_and_a_sentence),
		cmocka_unit_test(no_word_means_two_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
