/* test_exit_code.c - every exit code has one row */
#include "ipc/exit_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_has_a_name_of_its_own(void **state)
{
	const struct exit_code_row *a, *b;

	(void)state;
	for (a = exit_code_rows; a->name; a++) {
		assert_string_equal(exit_code_name((int)a->code), a->name);
		assert_true(a->what[strlen(a->what) - 1] == '.');
		for (b = a + 1; b->name; b++) {
			assert_int_not_equal(a->code, b->code);
			assert_string_not_equal(a->name, b->name);
		}
	}
}

static void a_foreign_code_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(exit_code_name(99), "unknown");
	assert_string_equal(exit_code_name(-1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(a_foreign_code_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
