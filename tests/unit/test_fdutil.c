/* test_fdutil.c - descriptors and small files */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static char *at(const char *name)
{
	static char path[4][256];
	static int turn;
	char *buf = path[turn++ % 4];

	(void)snprintf(buf, sizeof(path[0]), "%s/%s", dir, name);
	return buf;
}

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/test_fdutil.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void flags_are_set_and_taken_back(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(fdutil_nonblock(fd), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fdutil_cloexec(fd, true), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fdutil_cloexec(fd, false), 0);
	assert_false(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	fdutil_close(&fd);
	assert_int_equal(fd, -1);
	fdutil_close(&fd);
	assert_int_equal(fdutil_nonblock(-1), ERR_SYS);
	assert_int_equal(fdutil_cloexec(-1, true), ERR_SYS);
}

static void a_file_comes_back_as_it_was_written(void **state)
{
	char *bytes = NULL, large[10000];
	size_t len = 0;
	struct stat st;
	struct err err;

	(void)state;
	memset(large, 'z', sizeof(large));
	assert_int_equal(fdutil_write_file(at("f"), "a\0b", 3, 0600, &err), 0);
	assert_int_equal(fdutil_read_file(at("f"), 3, &bytes, &len, &err), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(bytes, "a\0b", 4);
	mem_free(bytes);
	assert_int_equal(fdutil_write_file(at("f"), large, sizeof(large), 0640, &err), 0);
	assert_int_equal(fdutil_read_file(at("f"), sizeof(large), &bytes, NULL, &err), 0);
	assert_memory_equal(bytes, large, sizeof(large));
	mem_free(bytes);
	assert_int_equal(stat(at("f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(fdutil_write_file(at("f"), NULL, 0, 0600, &err), 0);
	assert_int_equal(fdutil_read_file(at("f"), 0, &bytes, &len, &err), 0);
	assert_int_equal(len, 0);
	assert_string_equal(bytes, "");
	mem_free(bytes);
	assert_int_equal(fdutil_show_file(at("f"), "ab", 2, 0600, &err), 0);
	assert_int_equal(fdutil_read_file(at("f"), 2, &bytes, &len, &err), 0);
	assert_string_equal(bytes, "ab");
	mem_free(bytes);
}

static void a_file_that_is_missing_or_too_large_says_so(void **state)
{
	char *bytes = NULL;
	struct err err;

	(void)state;
	assert_int_equal(fdutil_read_file(at("none"), 9, &bytes, NULL, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(fdutil_read_file(at("none"), 9, &bytes, NULL, NULL),
			 ERR_NOT_FOUND);
	assert_int_equal(fdutil_write_file(at("f"), "12345", 5, 0600, &err), 0);
	assert_int_equal(fdutil_read_file(at("f"), 4, &bytes, NULL, &err), ERR_LIMIT);
	assert_int_equal(fdutil_read_file(at("f/x"), 4, &bytes, NULL, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, ENOTDIR);
	assert_null(bytes);
}

static void what_is_no_regular_file_is_refused_and_does_not_block(void **state)
{
	char *bytes = NULL;
	struct err err;

	(void)state;
	assert_int_equal(mkfifo(at("pipe"), 0600), 0);
	assert_int_equal(fdutil_read_file(at("pipe"), 9, &bytes, NULL, &err), ERR_INPUT);
	assert_int_equal(fdutil_read_file(dir, 9, &bytes, NULL, &err), ERR_INPUT);
	assert_null(bytes);
}

static void a_write_that_fails_leaves_the_old_file_and_no_scrap(void **state)
{
	char *bytes = NULL, wide[5000];
	struct err err;

	(void)state;
	assert_int_equal(fdutil_write_file(at("no/f"), "x", 1, 0600, &err), ERR_SYS);
	assert_int_equal(mkdir(at("d"), 0700), 0);
	assert_int_equal(fdutil_write_file(at("d/f"), "old", 3, 0600, &err), 0);
	/* a folder cannot be replaced by a file: the rename fails */
	assert_int_equal(fdutil_write_file(at("d"), "x", 1, 0600, &err), ERR_SYS);
	assert_int_equal(fdutil_read_file(at("d/f"), 9, &bytes, NULL, &err), 0);
	assert_string_equal(bytes, "old");
	mem_free(bytes);
	assert_int_equal(unlink(at("d/f")), 0);
	assert_int_equal(rmdir(at("d")), 0); /* empty: the scrap is gone */
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	assert_int_equal(fdutil_write_file(wide, "x", 1, 0600, &err), ERR_LIMIT);
}

static void a_scrap_of_a_crash_does_not_lend_its_mode(void **state)
{
	char scrap[300];
	struct stat st;
	struct err err;
	int fd;

	(void)state;
	(void)snprintf(scrap, sizeof(scrap), "%s.%ld.tmp", at("s"), (long)getpid());
	fd = open(scrap, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	fdutil_close(&fd);
	assert_int_equal(fdutil_write_file(at("s"), "secret", 6, 0600, &err), 0);
	assert_int_equal(stat(at("s"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void folders_are_made_all_the_way(void **state)
{
	struct stat st;
	struct err err;
	char wide[5000];

	(void)state;
	assert_int_equal(fdutil_mkdirs(at("p/q/r"), 0700, &err), 0);
	assert_int_equal(fdutil_mkdirs(at("p/q/r"), 0700, &err), 0);
	assert_int_equal(fdutil_mkdirs(at("p/q/s/"), 0700, &err), 0);
	assert_int_equal(stat(at("p/q/s"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(fdutil_write_file(at("p/file"), "x", 1, 0600, &err), 0);
	assert_int_equal(fdutil_mkdirs(at("p/file"), 0700, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, ENOTDIR);
	assert_int_equal(fdutil_mkdirs(at("p/file/x"), 0700, &err), ERR_SYS);
	assert_int_equal(fdutil_mkdirs("", 0700, &err), ERR_LIMIT);
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	assert_int_equal(fdutil_mkdirs(wide, 0700, &err), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_are_set_and_taken_back),
		cmocka_unit_test(a_file_comes_back_as_it_was_written),
		cmocka_unit_test(a_file_that_is_missing_or_too_large_says_so),
		cmocka_unit_test(what_is_no_regular_file_is_refused_and_does_not_block),
		cmocka_unit_test(a_write_that_fails_leaves_the_old_file_and_no_scrap),
		cmocka_unit_test(a_scrap_of_a_crash_does_not_lend_its_mode),
		cmocka_unit_test(folders_are_made_all_the_way),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
