/* test_dev_dir.c - the folder of dev, and what is not removed */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "cli/dev_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[32];

static int make_top(void **state)
{
	(void)state;
	(void)snprintf(top, sizeof(top), "/tmp/test_dev.XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", top);
	return system(command);
}

static const char *at(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void a_folder_is_made_used_again_and_removed(void **state)
{
	char path[DEV_PATH_MAX];
	struct dev_dir dir, second;
	struct err err;

	(void)state;
	assert_int_equal(dev_dir_open(&dir, at("a/b"), &err), 0);
	assert_int_equal(dev_dir_open(&second, at("a/b"), &err), ERR_CONFLICT);
	assert_int_equal(dev_dir_remove(at("a/b"), &err), ERR_CONFLICT);
	assert_int_equal(
		fdutil_write_file(dev_dir_at(&dir, "data", path), "x", 1, 0600, &err), 0);
	dev_dir_close(&dir, false);
	assert_int_equal(dev_dir_open(&dir, at("a/b"), &err), 0);
	assert_int_equal(access(path, F_OK), 0);
	dev_dir_close(&dir, false);
	assert_int_equal(dev_dir_remove(at("a/b"), &err), 0);
	assert_int_equal(access(at("a/b"), F_OK), -1);
	assert_int_equal(access(at("a"), F_OK), 0);
	assert_int_equal(dev_dir_remove(at("a/b"), &err), ERR_NOT_FOUND);
}

static void somebody_elses_folder_is_neither_used_nor_removed(void **state)
{
	struct dev_dir dir;
	struct err err;

	(void)state;
	assert_int_equal(mkdir(at("home"), 0700), 0);
	assert_int_equal(fdutil_write_file(at("home/thesis"), "x", 1, 0600, &err), 0);
	assert_int_equal(dev_dir_open(&dir, at("home"), &err), ERR_REFUSED);
	dev_dir_close(&dir, false);
	assert_int_equal(dev_dir_remove(at("home"), &err), ERR_REFUSED);
	assert_int_equal(access(at("home/thesis"), F_OK), 0);
	/* an empty one may be used, and is not removed before that */
	assert_int_equal(mkdir(at("empty"), 0700), 0);
	assert_int_equal(dev_dir_remove(at("empty"), &err), ERR_REFUSED);
	assert_int_equal(access(at("empty"), F_OK), 0);
	assert_int_equal(dev_dir_open(&dir, at("empty"), &err), 0);
	dev_dir_close(&dir, false);
}

static void a_link_in_it_is_removed_and_not_followed(void **state)
{
	struct dev_dir dir;
	struct err err;
	char target[128];

	(void)state;
	assert_int_equal(mkdir(at("other"), 0700), 0);
	assert_int_equal(fdutil_write_file(at("other/kept"), "x", 1, 0600, &err), 0);
	assert_int_equal(dev_dir_open(&dir, at("linked"), &err), 0);
	dev_dir_close(&dir, false);
	(void)snprintf(target, sizeof(target), "%s/other", top);
	assert_int_equal(symlink(target, at("linked/link")), 0);
	assert_int_equal(dev_dir_remove(at("linked"), &err), 0);
	assert_int_equal(access(at("other/kept"), F_OK), 0);
}

static void a_path_too_long_for_sockets_is_refused(void **state)
{
	struct dev_dir dir;
	struct err err;
	char name[DEV_DIR_MAX + 1];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(dev_dir_open(&dir, at(name), &err), ERR_LIMIT);
	assert_non_null(strstr(err.text, "--dir"));
	dev_dir_close(&dir, false);
}

static void a_temporary_one_goes_unless_it_is_kept(void **state)
{
	struct dev_dir dir;
	struct err err;
	char path[DEV_PATH_MAX];

	(void)state;
	assert_int_equal(dev_dir_open(&dir, NULL, &err), 0);
	assert_true(dir.temporary);
	(void)snprintf(path, sizeof(path), "%s", dir.path);
	assert_int_equal(access(path, F_OK), 0);
	dev_dir_close(&dir, true);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(dev_dir_remove(path, &err), 0);
	assert_int_equal(dev_dir_open(&dir, NULL, &err), 0);
	(void)snprintf(path, sizeof(path), "%s", dir.path);
	dev_dir_close(&dir, false);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_made_used_again_and_removed),
		cmocka_unit_test(somebody_elses_folder_is_neither_used_nor_removed),
		cmocka_unit_test(a_link_in_it_is_removed_and_not_followed),
		cmocka_unit_test(a_path_too_long_for_sockets_is_refused),
		cmocka_unit_test(a_temporary_one_goes_unless_it_is_kept),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
