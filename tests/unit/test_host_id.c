/* test_host_id.c - one name per folder, one master per folder */
#include "master/host_id.h"

#include "base/fdutil.h"
#include "base/mem.h"

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

static int none = -1; /* nothing is inherited */

static char dir[64];
static char path[96];

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/syn-hostid-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s", dir, HOST_ID_FILE);
	return 0;
}

static int drop_dir(void **state)
{
	(void)state;
	(void)unlink(path); /* some tests make none */
	return rmdir(dir);
}

static void put(const void *bytes, size_t len)
{
	assert_int_equal(fdutil_write_file(path, bytes, len, 0600, NULL), 0);
}

static void a_made_up_name_stays(void **state)
{
	struct host_id first, second;
	char host[64];

	(void)state;
	assert_int_equal(host_id_take(dir, "", &none, &first, NULL), 0);
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_memory_equal(first.name, "worker-", 7);
	assert_memory_equal(first.name + 7, host, strlen(host));
	assert_int_equal(strlen(first.name), 7 + strlen(host) + 1 + 8);
	assert_true(fcntl(first.fd, F_GETFD) & FD_CLOEXEC);
	host_id_release(&first);
	host_id_release(&first);
	assert_int_equal(host_id_take(dir, "", &none, &second, NULL), 0);
	assert_string_equal(first.name, second.name);
	host_id_release(&second);
}

static void a_given_name_wins_and_is_not_kept(void **state)
{
	struct host_id id;
	char made[HOST_ID_MAX + 1];

	(void)state;
	assert_int_equal(host_id_take(dir, "", &none, &id, NULL), 0);
	(void)snprintf(made, sizeof(made), "%s", id.name);
	host_id_release(&id);
	assert_int_equal(host_id_take(dir, "rack-7", &none, &id, NULL), 0);
	assert_string_equal(id.name, "rack-7");
	host_id_release(&id);
	assert_int_equal(host_id_take(dir, "", &none, &id, NULL), 0);
	assert_string_equal(id.name, made);
	host_id_release(&id);
}

static void a_second_master_is_refused_with_a_sentence(void **state)
{
	struct host_id first, second = { .fd = -7 };
	struct err err;

	(void)state;
	assert_int_equal(host_id_take(dir, "", &none, &first, NULL), 0);
	assert_int_equal(host_id_take(dir, "other", &none, &second, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, "another synapsed master is running"));
	assert_non_null(strstr(err.text, dir));
	assert_int_equal(second.fd, -7); /* untouched */
	host_id_release(&first);
	assert_int_equal(host_id_take(dir, "", &none, &second, &err), 0);
	host_id_release(&second);
}

/* The lock is as old as its last holder: a child that closed it does not keep it. */
static void a_child_that_closed_it_does_not_keep_the_folder(void **state)
{
	struct host_id first, second;
	int fds[2];
	char byte = 'x';
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(host_id_take(dir, "", &none, &first, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		host_id_release(&first);
		(void)close(fds[1]);
		if (write(fds[0], &byte, 1) != 1)
			_exit(1);
		_exit(read(fds[0], &byte, 1) == 0 ? 0 : 2);
	}
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(read(fds[1], &byte, 1), 1); /* it has closed its copy */
	/* still locked by us, whatever the child closed */
	assert_int_equal(host_id_take(dir, "", &none, &second, NULL), ERR_CONFLICT);
	host_id_release(&first);
	assert_int_equal(host_id_take(dir, "", &none, &second, NULL), 0);
	host_id_release(&second);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void an_empty_file_gets_a_new_name(void **state)
{
	struct host_id id;

	(void)state;
	put("", 0);
	assert_int_equal(host_id_take(dir, "", &none, &id, NULL), 0);
	assert_memory_equal(id.name, "worker-", 7);
	host_id_release(&id);
}

static void a_file_with_anything_else_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "two words\n", 10 }, { "a\0b\n", 4 },   { "a\nb\n", 4 },
		{ "\xc3\xa4\n", 3 },   { "\0\0\0\n", 4 }, { "tab\there", 8 },
	};
	char long_name[HOST_ID_MAX + 10];
	struct host_id id;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(bad[i].bytes, bad[i].len);
		assert_int_equal(host_id_take(dir, "", &none, &id, &err), ERR_INPUT);
		assert_non_null(strstr(err.text, path));
	}
	memset(long_name, 'x', sizeof(long_name));
	put(long_name, sizeof(long_name));
	assert_int_equal(host_id_take(dir, "", &none, &id, &err), ERR_LIMIT);
	/* and none of them kept the lock */
	put("fine", 4);
	assert_int_equal(host_id_take(dir, "", &none, &id, &err), 0);
	assert_string_equal(id.name, "fine");
	host_id_release(&id);
}

static void a_given_name_must_fit_into_an_id(void **state)
{
	char long_name[HOST_ID_MAX + 2];
	struct host_id id;
	struct err err;

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	long_name[HOST_ID_MAX + 1] = '\0';
	assert_int_equal(host_id_take(dir, long_name, &none, &id, &err), ERR_INPUT);
	assert_int_equal(host_id_take(dir, "a b", &none, &id, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "worker.name"));
	long_name[HOST_ID_MAX] = '\0';
	assert_int_equal(host_id_take(dir, long_name, &none, &id, &err), 0);
	host_id_release(&id);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	struct host_id id;
	struct err err;

	(void)state;
	assert_int_equal(host_id_take("/nonexistent/x", "", &none, &id, &err), ERR_SYS);
	assert_non_null(strstr(err.text, "/nonexistent/x/host-id"));
}

#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(a_made_up_name_stays),
		WITH_DIR(a_given_name_wins_and_is_not_kept),
		WITH_DIR(a_second_master_is_refused_with_a_sentence),
		WITH_DIR(a_child_that_closed_it_does_not_keep_the_folder),
		WITH_DIR(an_empty_file_gets_a_new_name),
		WITH_DIR(a_file_with_anything_else_is_refused),
		WITH_DIR(a_given_name_must_fit_into_an_id),
		WITH_DIR(a_folder_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
