/* test_upgrade.c - what an old master hands down to the next program */
#include "master/upgrade.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int set_up(void **state)
{
	(void)state;
	return unsetenv(UPGRADE_ENV);
}

static int open_fd(void)
{
	int fd = open("/dev/null",
		      O_RDONLY); /* not close-on-exec, as one that came with it */

	assert_true(fd > 2);
	return fd;
}

static void hand_down(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void hand_down(const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_int_equal(setenv(UPGRADE_ENV, text, 1), 0);
}

static void who_was_started_by_nobody_is_no_successor(void **state)
{
	struct upgrade upgrade;

	(void)state;
	assert_int_equal(upgrade_init(&upgrade, NULL), 0);
	assert_false(upgrade.successor);
	assert_int_equal(upgrade.host_fd, -1);
	assert_int_equal(upgrade.run_dir_fd, -1);
	assert_int_equal(upgrade.identity_fd, -1);
	assert_int_equal(upgrade.fd, -1);
	assert_int_equal(upgrade.generation, 0);
	assert_int_equal(upgrade.program[0], '/'); /* where this program is */
	assert_false(upgrade_active(&upgrade));
	assert_int_equal(upgrade_start_uid(), geteuid());
}

static void locks_socket_and_generation_come_with_the_environment(void **state)
{
	int host = open_fd(), run_dir = open_fd(), report = open_fd();
	int identity = open_fd();
	struct upgrade upgrade;

	(void)state;
	hand_down("%d %d %d 7 1234 %d", host, run_dir, report, identity);
	assert_int_equal(upgrade_start_uid(), 1234);
	assert_int_equal(upgrade_init(&upgrade, NULL), 0);
	assert_true(upgrade.successor);
	assert_int_equal(upgrade.host_fd, host);
	assert_int_equal(upgrade.run_dir_fd, run_dir);
	assert_int_equal(upgrade.fd, report);
	assert_int_equal(upgrade.identity_fd, identity);
	assert_int_equal(upgrade.generation, 7);
	/* no child of ours inherits them, nor takes itself for a successor */
	assert_true(fcntl(host, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(report, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(identity, F_GETFD) & FD_CLOEXEC);
	assert_null(getenv(UPGRADE_ENV));
	assert_int_equal(close(host) | close(run_dir) | close(report) | close(identity),
			 0);
}

static void one_of_an_older_version_says_no_uid(void **state)
{
	(void)state;
	hand_down("3 4 5 7");
	assert_int_equal(upgrade_start_uid(), geteuid());
}

static void what_makes_no_sense_is_refused(void **state)
{
	int fd = open_fd(), gone = open_fd();
	struct upgrade upgrade;
	struct err err;

	(void)state;
	assert_int_equal(close(gone), 0);
	hand_down("junk");
	assert_int_equal(upgrade_init(&upgrade, &err), ERR_INPUT);
	hand_down("%d %d", fd, fd);
	assert_int_equal(upgrade_init(&upgrade, &err), ERR_INPUT);
	hand_down("%d %d %d 0", fd, fd, fd); /* generations count from 1 */
	assert_int_equal(upgrade_init(&upgrade, &err), ERR_INPUT);
	hand_down("%d %d %d 1", fd, gone, fd);
	assert_int_equal(upgrade_init(&upgrade, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "no descriptor"));
	hand_down("0 1 2 1"); /* standard descriptors are nobody's lock */
	assert_int_equal(upgrade_init(&upgrade, &err), ERR_INPUT);
	assert_int_equal(close(fd), 0);
}

#define CLEAN(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLEAN(who_was_started_by_nobody_is_no_successor),
		CLEAN(locks_socket_and_generation_come_with_the_environment),
		CLEAN(one_of_an_older_version_says_no_uid),
		CLEAN(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
