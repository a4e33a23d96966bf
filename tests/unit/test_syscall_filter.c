/* test_syscall_filter.c - the filter is a program that a kernel would take */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/syscall_filter.h"

#include "base/err.h"
#include "base/str.h"

static void it_is_a_program_and_always_the_same(void **state)
{
	struct str one = STR_INIT, two = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(syscall_filter_program(&one, &err), 0);
	assert_int_equal(syscall_filter_program(&two, &err), 0);
	assert_true(one.len > 64 * 8);
	assert_int_equal(one.len % 8, 0); /* struct sock_filter */
	assert_true(one.len / 8 <= 4096); /* BPF_MAXINSNS */
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	str_deinit(&one);
	str_deinit(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_a_program_and_always_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
