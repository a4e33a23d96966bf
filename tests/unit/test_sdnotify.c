/* test_sdnotify.c - what systemd is told, and that children tell it nothing */
#include "master/sdnotify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static char path[96];

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/syn-notify-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	return 0;
}

static int drop_dir(void **state)
{
	(void)state;
	(void)unlink(path); /* some tests make none */
	return rmdir(dir);
}

static int listening(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(addr.sun_path, name, strlen(name));
	if (name[0] == '@')
		addr.sun_path[0] = '\0';
	assert_int_equal(
		bind(fd, (struct sockaddr *)&addr,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
		0);
	return fd;
}

static void heard(int fd, const char *what)
{
	char text[128] = "";
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (!what) {
		assert_int_equal(n, -1);
		return;
	}
	assert_true(n >= 0);
	assert_string_equal(text, what);
}

static void set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

static void without_a_manager_nothing_happens(void **state)
{
	struct sdnotify sd;

	(void)state;
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(sdnotify_open(&sd, NULL), 0);
	assert_int_equal(sd.fd, -1);
	sdnotify_send(&sd, "READY=1");
	sdnotify_tick(&sd, 1);
	sdnotify_close(&sd);
}

static void a_path_is_told_and_the_variable_is_gone(void **state)
{
	struct sdnotify sd;
	int fd = listening(path);

	(void)state;
	set("NOTIFY_SOCKET", path);
	assert_int_equal(sdnotify_open(&sd, NULL), 0);
	assert_null(getenv("NOTIFY_SOCKET"));
	sdnotify_send(&sd, "READY=1\nSTATUS=fine");
	heard(fd, "READY=1\nSTATUS=fine");
	sdnotify_tick(&sd, 1000000); /* no watchdog was asked for */
	heard(fd, NULL);
	sdnotify_close(&sd);
	sdnotify_send(&sd, "late"); /* closed: nothing */
	assert_int_equal(close(fd), 0);
}

static void an_abstract_name_has_its_exact_length(void **state)
{
	struct sdnotify sd;
	char name[64];
	int fd;

	(void)state;
	(void)snprintf(name, sizeof(name), "@syn-notify-%d", (int)getpid());
	fd = listening(name);
	set("NOTIFY_SOCKET", name);
	assert_int_equal(sdnotify_open(&sd, NULL), 0);
	sdnotify_send(&sd, "STOPPING=1");
	heard(fd, "STOPPING=1");
	sdnotify_close(&sd);
	assert_int_equal(close(fd), 0);
}

static void the_watchdog_is_fed_at_half_of_its_time(void **state)
{
	struct sdnotify sd;
	int fd = listening(path);
	char pid[16];

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	set("NOTIFY_SOCKET", path);
	set("WATCHDOG_USEC", "10000000");
	set("WATCHDOG_PID", pid);
	assert_int_equal(sdnotify_open(&sd, NULL), 0);
	assert_int_equal(sd.watchdog_every_ms, 5000);
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	sdnotify_tick(&sd, 100000);
	heard(fd, "WATCHDOG=1");
	sdnotify_tick(&sd, 104999);
	heard(fd, NULL);
	sdnotify_tick(&sd, 105000);
	heard(fd, "WATCHDOG=1");
	sdnotify_close(&sd);
	assert_int_equal(close(fd), 0);
}

static void a_watchdog_of_another_process_or_a_bad_number_is_none(void **state)
{
	static const char *const bad[][2] = {
		{ "10000000", "1" }, { "10000000", "x" }, { "x", NULL },
		{ "0", NULL },       { "-5", NULL },      { "", NULL },
	};
	struct sdnotify sd;
	int fd = listening(path);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set("NOTIFY_SOCKET", path);
		set("WATCHDOG_USEC", bad[i][0]);
		if (bad[i][1])
			set("WATCHDOG_PID", bad[i][1]);
		assert_int_equal(sdnotify_open(&sd, NULL), 0);
		assert_int_equal(sd.watchdog_every_ms, 0);
		sdnotify_close(&sd);
	}
	assert_int_equal(close(fd), 0);
}

static void a_name_that_is_none_is_said(void **state)
{
	struct sdnotify sd;
	struct err err;
	char long_name[200];

	(void)state;
	set("NOTIFY_SOCKET", "relative");
	assert_int_equal(sdnotify_open(&sd, &err), ERR_INPUT);
	assert_null(getenv("NOTIFY_SOCKET"));
	memset(long_name, '/', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	set("NOTIFY_SOCKET", long_name);
	assert_int_equal(sdnotify_open(&sd, &err), ERR_INPUT);
	set("NOTIFY_SOCKET", path); /* nobody there */
	assert_int_equal(sdnotify_open(&sd, &err), ERR_SYS);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(sd.fd, -1);
}

static void a_manager_that_does_not_read_does_not_stop_us(void **state)
{
	struct sdnotify sd;
	int fd = listening(path), i;

	(void)state;
	set("NOTIFY_SOCKET", path);
	assert_int_equal(sdnotify_open(&sd, NULL), 0);
	for (i = 0; i < 2000; i++)
		sdnotify_send(&sd, "STATUS=x");
	heard(fd, "STATUS=x");
	sdnotify_close(&sd);
	assert_int_equal(close(fd), 0);
}

#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_manager_nothing_happens),
		WITH_DIR(a_path_is_told_and_the_variable_is_gone),
		cmocka_unit_test(an_abstract_name_has_its_exact_length),
		WITH_DIR(the_watchdog_is_fed_at_half_of_its_time),
		WITH_DIR(a_watchdog_of_another_process_or_a_bad_number_is_none),
		WITH_DIR(a_name_that_is_none_is_said),
		WITH_DIR(a_manager_that_does_not_read_does_not_stop_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
