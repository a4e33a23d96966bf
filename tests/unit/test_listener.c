/* test_listener.c - listening sockets, our own and systemd's */
#include "master/listener.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct listener_inherited nothing;

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 addr; /* the port is at the same place in both families */
	socklen_t len = sizeof(addr);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	return ntohs(addr.sin6_port);
}

static struct conf_listen any_port(const char *host)
{
	struct conf_listen at = { .port = 0 };

	(void)snprintf(at.host, sizeof(at.host), "%s", host);
	return at;
}

static int listening(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len), 0);
	return value;
}

static void a_socket_listens_and_is_not_inherited_by_accident(void **state)
{
	struct conf_listen at = any_port("127.0.0.1");
	int fd;

	(void)state;
	assert_int_equal(listener_open(&at, "api.listen", &nothing, &fd, NULL), 0);
	assert_true(listening(fd));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(close(fd), 0);
}

static void ipv6_is_taken_as_well(void **state)
{
	struct conf_listen at = any_port("::1");
	struct err err;
	int fd, rc;

	(void)state;
	rc = listener_open(&at, "api.listen", &nothing, &fd, &err);
	if (rc < 0) { /* a machine without it: the sentence is all there is to see */
		assert_int_equal(rc, ERR_SYS);
		assert_non_null(strstr(err.text, "api.listen ::1"));
		return;
	}
	assert_true(listening(fd));
	assert_int_equal(close(fd), 0);
}

static void what_cannot_be_bound_is_said_with_its_option(void **state)
{
	struct conf_listen at = any_port("127.0.0.1");
	struct err err;
	int first, second;

	(void)state;
	assert_int_equal(listener_open(&at, "a", &nothing, &first, NULL), 0);
	at.port = port_of(first);
	assert_int_equal(
		listener_open(&at, "worker.health_listen", &nothing, &second, &err),
		ERR_SYS);
	assert_non_null(strstr(err.text, "worker.health_listen 127.0.0.1 port"));
	assert_int_equal(close(first), 0);
	/* 192.0.2.1 is for documents: nobody has it */
	at = any_port("192.0.2.1");
	assert_int_equal(listener_open(&at, "api.listen", &nothing, &second, &err),
			 ERR_SYS);
	at = any_port("localhost");
	assert_int_equal(listener_open(&at, "api.listen", &nothing, &second, &err),
			 ERR_INPUT);
}

static void without_variables_nothing_is_inherited(void **state)
{
	struct listener_inherited inherited = { .count = 5 };

	(void)state;
	assert_int_equal(unsetenv("LISTEN_PID"), 0);
	assert_int_equal(unsetenv("LISTEN_FDS"), 0);
	assert_int_equal(listener_inherit(&inherited, NULL), 0);
	assert_int_equal(inherited.count, 0);
}

/* In a process of its own, since the descriptors begin at 3. Returns its exit code. */
static int in_child(int (*run)(const struct conf_listen *at))
{
	struct conf_listen at = any_port("127.0.0.1");
	char pid_text[16];
	int status, fd;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (listener_open(&at, "x", &nothing, &fd, NULL) < 0)
			_exit(100);
		at.port = port_of(fd);
		if (fd != 3 && (dup2(fd, 3) != 3 || close(fd) < 0))
			_exit(101);
		(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
		if (setenv("LISTEN_PID", pid_text, 1) < 0 ||
		    setenv("LISTEN_FDS", "1", 1) < 0 ||
		    setenv("LISTEN_FDNAMES", "api", 1) < 0)
			_exit(102);
		_exit(run(&at));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int takes_it(const struct conf_listen *at)
{
	struct listener_inherited inherited;
	int fd = -1;

	if (listener_inherit(&inherited, NULL) < 0 || inherited.count != 1)
		return 1;
	if (getenv("LISTEN_PID") || getenv("LISTEN_FDS") || getenv("LISTEN_FDNAMES"))
		return 2;
	if (!(fcntl(3, F_GETFD) & FD_CLOEXEC) || !(fcntl(3, F_GETFL) & O_NONBLOCK))
		return 3;
	if (listener_open(at, "api.listen", &inherited, &fd, NULL) < 0 || fd != 3)
		return 4;
	listener_drop(&inherited);
	return listening(3) ? 0 : 5; /* what was taken is not dropped */
}

static int leaves_it(const struct conf_listen *at)
{
	struct listener_inherited inherited;
	struct conf_listen other = *at;
	int fd = -1;

	other.port = 0;
	if (listener_inherit(&inherited, NULL) < 0)
		return 1;
	if (listener_open(&other, "api.listen", &inherited, &fd, NULL) < 0 || fd == 3)
		return 2;
	listener_drop(&inherited);
	return fcntl(3, F_GETFD) < 0 ? 0 : 3;
}

static int is_for_another_process(const struct conf_listen *at)
{
	struct listener_inherited inherited;

	(void)at;
	if (setenv("LISTEN_PID", "1", 1) < 0)
		return 1;
	return listener_inherit(&inherited, NULL) == 0 && inherited.count == 0 &&
			       !getenv("LISTEN_FDS")
		       ? 0
		       : 2;
}

static int is_no_listening_socket(const struct conf_listen *at)
{
	struct listener_inherited inherited;
	struct err err;

	(void)at;
	if (dup2(STDIN_FILENO, 3) != 3)
		return 1;
	return listener_inherit(&inherited, &err) == ERR_INPUT ? 0 : 2;
}

static int has_a_bad_count(const struct conf_listen *at)
{
	static const char *const bad[] = { "", "x", "-1", "17", "1 " };
	struct listener_inherited inherited;
	size_t i;

	(void)at;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (setenv("LISTEN_FDS", bad[i], 1) < 0 ||
		    listener_inherit(&inherited, NULL) != ERR_INPUT)
			return (int)i + 1;
	return 0;
}

static void an_inherited_socket_is_taken_by_its_address(void **state)
{
	(void)state;
	assert_int_equal(in_child(takes_it), 0);
}

static void an_inherited_socket_for_nothing_is_closed(void **state)
{
	(void)state;
	assert_int_equal(in_child(leaves_it), 0);
}

static void sockets_for_another_process_are_not_ours(void **state)
{
	(void)state;
	assert_int_equal(in_child(is_for_another_process), 0);
}

static void what_is_no_listening_socket_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(is_no_listening_socket), 0);
}

static void a_bad_count_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(has_a_bad_count), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_listens_and_is_not_inherited_by_accident),
		cmocka_unit_test(ipv6_is_taken_as_well),
		cmocka_unit_test(what_cannot_be_bound_is_said_with_its_option),
		cmocka_unit_test(without_variables_nothing_is_inherited),
		cmocka_unit_test(an_inherited_socket_is_taken_by_its_address),
		cmocka_unit_test(an_inherited_socket_for_nothing_is_closed),
		cmocka_unit_test(sockets_for_another_process_are_not_ours),
		cmocka_unit_test(what_is_no_listening_socket_is_refused),
		cmocka_unit_test(a_bad_count_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
