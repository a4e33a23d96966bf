/* test_errors.c - every refusal has a status, a word of its own and a sentence */
#include "api/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_code_has_a_row_and_a_word_of_its_own(void **state)
{
	int i, k;

	(void)state;
	for (i = ERRORS_NONE; i < ERRORS_COUNT; i++) {
		const char *word = errors_word((enum errors_code)i);

		assert_non_null(word);
		assert_non_null(errors_detail((enum errors_code)i));
		assert_true(errors_status((enum errors_code)i) >= 200);
		for (k = ERRORS_NONE; k < i; k++)
			assert_string_not_equal(word, errors_word((enum errors_code)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_a_row_and_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
