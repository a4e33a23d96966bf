/* test_bench_procs.c - what /proc says of processes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/bench_procs.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void stat_is_read_behind_a_name_with_blanks_and_parentheses(void **state)
{
	struct bench_stat stat = { .parent = 0 };

	(void)state;
	assert_int_equal(bench_procs_parse_stat(
				 "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 "
				 "20 0 1 0 5 6 7\n",
				 &stat),
			 0);
	assert_int_equal(stat.parent, 7);
	assert_int_equal(stat.own_ticks, 120);
	assert_int_equal(stat.reaped_ticks, 7);
}

static void what_is_no_stat_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"42",
		"42 (a)",
		"42 (a) S",
		"42 (a) S 7",
		"42 (a) SS 7 42 42 0 -1 0 1 2 3 4 100 20 3 4",
		"42 (a) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3",
		"42 (a) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 x",
	};
	struct bench_stat stat = { .parent = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(bench_procs_parse_stat(texts[i], &stat), ERR_INPUT);
	assert_int_equal(stat.parent, 1);
}

static void pss_is_its_own_line(void **state)
{
	int64_t kib = 0;

	(void)state;
	assert_int_equal(bench_procs_parse_pss("5-7 ---p 0 00:00 0 [rollup]\n"
					       "Rss:    900 kB\nPss:    123 kB\n"
					       "Pss_Dirty:   7 kB\n",
					       &kib),
			 0);
	assert_int_equal(kib, 123);
	assert_int_equal(bench_procs_parse_pss("Rss: 1 kB\n", &kib), ERR_INPUT);
	assert_int_equal(bench_procs_parse_pss("\nPss: x kB\n", &kib), ERR_INPUT);
	assert_int_equal(bench_procs_parse_pss("\nPss: 5 MB\n", &kib), ERR_INPUT);
	assert_int_equal(kib, 123);
}

static void this_process_has_memory_and_uses_cpu(void **state)
{
	int64_t before_us = -1, after_us = -1, kib = 0;
	int64_t until_us = clock_cpu_us() + 50000;
	struct err err;

	(void)state;
	assert_int_equal(bench_procs_pss_kib(getpid(), &kib, &err), 0);
	assert_true(kib > 0);
	assert_int_equal(bench_procs_cpu_us(getpid(), &before_us, &err), 0);
	while (clock_cpu_us() < until_us)
		continue;
	assert_int_equal(bench_procs_cpu_us(getpid(), &after_us, &err), 0);
	assert_true(after_us - before_us >= 20000);
	assert_true(after_us - before_us <= 10 * 50000);
}

/* Fork a child that burns 50 ms and ends. */
static void burn_in_a_child(void)
{
	int64_t until_us;
	pid_t pid = fork();

	if (pid == 0) {
		until_us = clock_cpu_us() + 50000;
		while (clock_cpu_us() < until_us)
			continue;
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_family_keeps_what_its_dead_have_used(void **state)
{
	int64_t before_us = -1, after_us = -1;
	struct err err;

	(void)state;
	assert_int_equal(bench_procs_family_cpu_us(getpid(), &before_us, &err), 0);
	burn_in_a_child();
	assert_int_equal(bench_procs_family_cpu_us(getpid(), &after_us, &err), 0);
	assert_true(after_us - before_us >= 20000);
}

static void a_process_that_is_gone_is_not_found(void **state)
{
	pid_t pid = fork();
	int64_t value = -1;
	struct err err;

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(bench_procs_cpu_us(pid, &value, &err), ERR_NOT_FOUND);
	assert_int_equal(bench_procs_family_cpu_us(pid, &value, &err), ERR_NOT_FOUND);
	assert_int_equal(bench_procs_pss_kib(pid, &value, &err), ERR_NOT_FOUND);
	assert_int_equal(value, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_is_read_behind_a_name_with_blanks_and_parentheses),
		cmocka_unit_test(what_is_no_stat_is_refused),
		cmocka_unit_test(pss_is_its_own_line),
		cmocka_unit_test(this_process_has_memory_and_uses_cpu),
		cmocka_unit_test(a_family_keeps_what_its_dead_have_used),
		cmocka_unit_test(a_process_that_is_gone_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
