/* test_bench_info.c - numbers out of Redis' INFO */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/bench_info.h"

static void cpu_is_user_and_system(void **state)
{
	(void)state;
	assert_int_equal(bench_info_cpu_us("# CPU\r\nused_cpu_sys:1.500000\r\n"
					   "used_cpu_user:2.250000\r\n"
					   "used_cpu_sys_children:9.0\r\n"),
			 3750000);
	assert_int_equal(bench_info_cpu_us("# CPU\r\nused_cpu_sys:1.5\r\n"), -1);
	assert_int_equal(bench_info_cpu_us(""), -1);
}

static void a_command_has_its_own_line(void **state)
{
	static const char text[] = "# Commandstats\r\n"
				   "cmdstat_xadd:calls=8,usec=120,usec_per_call=15.00\r\n"
				   "cmdstat_evalsha_ro:calls=1,usec=5\r\n"
				   "cmdstat_evalsha:calls=2,usec=77,rejected_calls=0\r\n"
				   "cmdstat_odd:calls=1\r\n"
				   "cmdstat_last:calls=1,usec=9";

	(void)state;
	assert_int_equal(bench_info_command_us(text, "xadd"), 120);
	assert_int_equal(bench_info_command_us(text, "evalsha"), 77);
	assert_int_equal(bench_info_command_us(text, "last"), 9);
	assert_int_equal(bench_info_command_us(text, "odd"), 0);
	assert_int_equal(bench_info_command_us(text, "never"), 0);
	assert_int_equal(bench_info_command_us("", "xadd"), 0);
	assert_int_equal(bench_info_command_calls(text, "xadd"), 8);
	assert_int_equal(bench_info_command_calls(text, "evalsha"), 2);
	assert_int_equal(bench_info_command_calls(text, "never"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_is_user_and_system),
		cmocka_unit_test(a_command_has_its_own_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
