/* test_err.c - codes and sentences */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#include <errno.h>
#include <string.h>

static void a_text_grows_from_the_cause_outwards(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_INPUT, "line %d", 3), ERR_INPUT);
	assert_int_equal(err_wrap(&err, "read %s", "a.yaml"), ERR_INPUT);
	assert_string_equal(err.text, "read a.yaml: line 3");
	assert_int_equal(err.code, ERR_INPUT);
	assert_int_equal(err.sys_errno, 0);
}

static void errno_is_kept_and_named(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno(&err, "open %s", "/x"), ERR_SYS);
	assert_string_equal(err.text, "open /x: No such file or directory");
	assert_int_equal(err.sys_errno, ENOENT);
	assert_int_equal(err_wrap(&err, "start"), ERR_SYS);
	assert_int_equal(err.sys_errno, ENOENT);
}

static void setting_again_forgets_errno(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = EIO;
	(void)err_errno(&err, "read");
	(void)err_set(&err, ERR_LIMIT, "too long");
	assert_int_equal(err.sys_errno, 0);
	assert_string_equal(err.text, "too long");
}

static void a_text_that_does_not_fit_loses_its_end(void **state)
{
	struct err err = { 0 };
	char wide[2 * ERR_TEXT_MAX];

	(void)state;
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	(void)err_set(&err, ERR_INPUT, "%s", wide);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	(void)err_wrap(&err, "outermost");
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	assert_memory_equal(err.text, "outermost: xxx", 14);
	errno = EIO;
	(void)err_errno(&err, "%s", wide);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	(void)err_wrap(&err, "%s", wide);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

static void nobody_has_to_listen(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_STALE, "x"), ERR_STALE);
	errno = EIO;
	assert_int_equal(err_errno(NULL, "x"), ERR_SYS);
	assert_true(err_wrap(NULL, "x") < 0);
}

static void every_code_has_a_word_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = ERR_SYS; a >= ERR_CLOSED; a--) {
		assert_string_not_equal(err_name(a), "unknown");
		for (b = a - 1; b >= ERR_CLOSED; b--)
			assert_string_not_equal(err_name(a), err_name(b));
	}
	assert_string_equal(err_name(0), "unknown");
	assert_string_equal(err_name(-99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_grows_from_the_cause_outwards),
		cmocka_unit_test(errno_is_kept_and_named),
		cmocka_unit_test(setting_again_forgets_errno),
		cmocka_unit_test(a_text_that_does_not_fit_loses_its_end),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(every_code_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
