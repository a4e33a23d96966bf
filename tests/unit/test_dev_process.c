/* test_dev_process.c - a program that dev runs beside itself */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/str.h"
#include "cli/dev_process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char log_path[] = "/tmp/test_dev_process.XXXXXX";

static int make_log(void **state)
{
	int fd = mkstemp(log_path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_log(void **state)
{
	(void)state;
	return unlink(log_path);
}

static struct dev_program shell(const char *const *argv)
{
	return (struct dev_program){ .name = "shell",
				     .argv = argv,
				     .dir = "/",
				     .log = log_path,
				     .death_signal = SIGKILL };
}

static void a_program_that_ends_well_has_run(void **state)
{
	const char *const argv[] = { "sh", "-c", "echo ran in $PWD", NULL };
	struct dev_program program = shell(argv);
	struct str out = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(dev_process_run(&program, 30000, &err), 0);
	dev_process_tail(log_path, &out);
	assert_non_null(strstr(str_text(&out), "    ran in /\n"));
	str_deinit(&out);
}

static void one_that_fails_says_how(void **state)
{
	const char *const seven[] = { "sh", "-c", "exit 7", NULL };
	const char *const slow[] = { "sleep", "1000", NULL };
	const char *const none[] = { "/no/such/program", NULL };
	struct dev_program program = shell(seven);
	struct str out = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(dev_process_run(&program, 30000, &err), ERR_REFUSED);
	assert_string_equal(err.text, "shell ended with status 7");
	program.argv = slow;
	assert_int_equal(dev_process_run(&program, 50, &err), ERR_TIMEOUT);
	program.argv = none;
	assert_int_equal(dev_process_run(&program, 30000, &err), ERR_REFUSED);
	dev_process_tail(log_path, &out);
	assert_non_null(strstr(str_text(&out), "/no/such/program: cannot be executed"));
	str_deinit(&out);
	program.log = "/no/such/folder/log";
	assert_int_equal(dev_process_run(&program, 30000, &err), ERR_SYS);
}

static void one_that_obeys_is_stopped_by_its_signal(void **state)
{
	const char *const argv[] = { "sleep", "1000", NULL };
	struct dev_program program = shell(argv);
	struct dev_process process;
	struct str how = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(dev_process_start(&process, &program, &err), 0);
	assert_false(dev_process_ended(&process));
	assert_false(dev_process_wait(&process, 20));
	assert_int_equal(getpgid(process.pid), process.pid);
	assert_true(dev_process_stop(&process, SIGTERM, 30000));
	assert_true(dev_process_ended(&process));
	dev_process_say_end(&process, &how);
	assert_string_equal(str_text(&how), "shell ended by signal 15");
	str_deinit(&how);
	assert_true(dev_process_stop(&process, SIGTERM, 1));
}

static void one_that_does_not_obey_is_killed_with_its_children(void **state)
{
	const char *const argv[] = { "sh", "-c",
				     "trap '' TERM; sleep 1000 & echo started $!; wait; "
				     "wait",
				     NULL };
	struct dev_program program = shell(argv);
	struct dev_process process;
	struct str out = STR_INIT;
	int64_t until_mono_ms = clock_mono_ms() + 30000;
	const char *started = NULL;
	struct err err;
	pid_t child;

	(void)state;
	assert_int_equal(dev_process_start(&process, &program, &err), 0);
	while (!started && clock_mono_ms() < until_mono_ms) {
		str_reset(&out, 65536);
		dev_process_tail(log_path, &out);
		started = strstr(str_text(&out), "started ");
		(void)usleep(1000);
	}
	assert_non_null(started);
	child = (pid_t)atoi(started + 8);
	assert_true(child > 0);
	assert_false(dev_process_stop(&process, SIGTERM, 50));
	assert_true(dev_process_ended(&process));
	/* it is gone, or a zombie that init has not collected yet */
	while (kill(child, 0) == 0 && clock_mono_ms() < until_mono_ms) {
		char path[64], *stat = NULL;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
		if (fdutil_read_file(path, 4096, &stat, NULL, NULL) < 0)
			break;
		if (strstr(stat, ") Z ")) {
			free(stat);
			break;
		}
		free(stat);
		(void)usleep(1000);
	}
	assert_true(clock_mono_ms() < until_mono_ms);
	str_deinit(&out);
}

static void the_tail_of_a_log_is_short_and_harmless(void **state)
{
	const char *const argv[] = { "sh", "-c",
				     "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line "
				     "$i; done; printf '\\033[1mlast'",
				     NULL };
	struct dev_program program = shell(argv);
	struct str out = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(dev_process_run(&program, 30000, &err), 0);
	dev_process_tail(log_path, &out);
	assert_null(strstr(str_text(&out), "line 20\n"));
	assert_non_null(strstr(str_text(&out), "    line 40\n    ?[1mlast\n"));
	str_reset(&out, 0);
	dev_process_tail("/no/such/log", &out);
	assert_string_equal(str_text(&out), "");
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_that_ends_well_has_run),
		cmocka_unit_test(one_that_fails_says_how),
		cmocka_unit_test(one_that_obeys_is_stopped_by_its_signal),
		cmocka_unit_test(one_that_does_not_obey_is_killed_with_its_children),
		cmocka_unit_test(the_tail_of_a_log_is_short_and_harmless),
	};

	return cmocka_run_group_tests(tests, make_log, remove_log);
}
