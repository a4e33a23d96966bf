/* test_reaper.c - how children end, and that strangers are never signalled */
#include "master/reaper.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A child that leaves with a code, or waits for a signal. */
static int forked(int exit_code, int *pidfd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (exit_code >= 0)
			_exit(exit_code);
		for (;;)
			(void)pause();
	}
	assert_int_equal(reaper_open(pid, pidfd, NULL), 0);
	return pid;
}

static void wait_end(int pidfd)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

	assert_int_equal(poll(&pfd, 1, 30000), 1);
}

static void an_exit_code_comes_through(void **state)
{
	struct reaper_death death;
	char cause[REAPER_CAUSE_MAX];
	int pidfd;

	(void)state;
	(void)forked(7, &pidfd);
	wait_end(pidfd);
	assert_int_equal(reaper_collect(pidfd, &death, NULL), 1);
	assert_false(death.by_signal);
	assert_int_equal(death.number, 7);
	assert_string_equal(reaper_cause(&death, cause), "exit 7 unknown");
	assert_int_equal(close(pidfd), 0);
}

static void a_signal_comes_through(void **state)
{
	struct reaper_death death;
	char cause[REAPER_CAUSE_MAX];
	int pidfd;

	(void)state;
	(void)forked(-1, &pidfd);
	assert_int_equal(reaper_collect(pidfd, &death, NULL), 0); /* it lives */
	assert_int_equal(reaper_signal(pidfd, SIGKILL, NULL), 0);
	wait_end(pidfd);
	assert_int_equal(reaper_collect(pidfd, &death, NULL), 1);
	assert_true(death.by_signal);
	assert_string_equal(reaper_cause(&death, cause), "signal SIGKILL");
	assert_int_equal(close(pidfd), 0);
}

/* The pid is free for anybody after this; the descriptor still means the dead one. */
static void a_reaped_child_is_never_signalled_again(void **state)
{
	struct reaper_death death;
	struct err err;
	int pidfd;

	(void)state;
	(void)forked(0, &pidfd);
	wait_end(pidfd);
	assert_int_equal(reaper_signal(pidfd, SIGTERM, NULL), 0); /* a zombie takes it */
	assert_int_equal(reaper_collect(pidfd, &death, NULL), 1);
	assert_int_equal(reaper_signal(pidfd, SIGKILL, NULL), 0); /* to nobody */
	assert_int_equal(reaper_collect(pidfd, &death, &err), ERR_SYS);
	assert_int_equal(close(pidfd), 0);
	assert_int_equal(reaper_signal(pidfd, SIGKILL, &err), ERR_SYS);
	assert_non_null(strstr(err.text, "pidfd_send_signal"));
}

static void there_is_no_descriptor_for_nobody(void **state)
{
	struct err err;
	int pidfd, pid;

	(void)state;
	pid = forked(0, &pidfd);
	assert_true(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(close(pidfd), 0);
	assert_int_equal(reaper_open(pid, &pidfd, &err), ERR_SYS);
	assert_non_null(strstr(err.text, "pidfd_open"));
}

static void real_time_signals_have_a_number(void **state)
{
	struct reaper_death death = { true, SIGRTMIN + 3 };
	char cause[REAPER_CAUSE_MAX];

	(void)state;
	assert_memory_equal(reaper_cause(&death, cause), "signal ", 7);
	assert_null(strstr(cause, "SIG"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exit_code_comes_through),
		cmocka_unit_test(a_signal_comes_through),
		cmocka_unit_test(a_reaped_child_is_never_signalled_again),
		cmocka_unit_test(there_is_no_descriptor_for_nobody),
		cmocka_unit_test(real_time_signals_have_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
