/* test_sandbox.c - the command line of a sandbox */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/sandbox.h"

#include <string.h>
#include <unistd.h>

/* Any program does: it is looked up, not executed. */
#define PROGRAM "/bin/sh"

static bool has(const struct sandbox *sandbox, const char *arg)
{
	size_t i;

	for (i = 0; i < sandbox->count; i++)
		if (strcmp(sandbox->argv[i], arg) == 0)
			return true;
	return false;
}

static void it_shuts_everything_and_opens_what_is_needed(void **state)
{
	static const char *const walls[] = {
		"--unshare-user", "--unshare-pid", "--unshare-net",
		"--unshare-ipc",  "--unshare-uts", "--die-with-parent",
		"--new-session",  "--remount-ro",  "--seccomp",
	};
	struct sandbox sandbox;
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(
		sandbox_init(&sandbox, PROGRAM, PROGRAM, "code", "required", &err), 0);
	for (i = 0; i < sizeof(walls) / sizeof(walls[0]); i++)
		if (!has(&sandbox, walls[i]))
			fail_msg("no %s", walls[i]);
	assert_null(sandbox.argv[sandbox.count]);
	assert_string_equal(sandbox.argv[sandbox.count - 1], "required");
	assert_string_equal(sandbox.argv[sandbox.count - 2], "code");
	assert_false(has(&sandbox, "--proc"));
	assert_false(has(&sandbox, "--bind"));
	assert_false(has(&sandbox, "/etc"));
	assert_false(has(&sandbox, "/usr"));
	assert_false(has(&sandbox, "/home"));
	sandbox_deinit(&sandbox);
}

static void each_start_reads_the_filter_from_its_beginning(void **state)
{
	struct sandbox sandbox;
	char bytes[16];
	struct err err;
	int i, fd;

	(void)state;
	assert_int_equal(
		sandbox_init(&sandbox, PROGRAM, PROGRAM, "code", "required", &err), 0);
	for (i = 0; i < 2; i++) {
		fd = sandbox_filter_open(&sandbox, &err);
		assert_true(fd >= 0);
		assert_int_equal(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
		assert_memory_equal(bytes, sandbox.filter.data, sizeof(bytes));
		(void)close(fd);
	}
	sandbox_deinit(&sandbox);
}

static void without_one_it_is_the_program_alone(void **state)
{
	struct sandbox sandbox;
	struct err err;

	(void)state;
	assert_int_equal(sandbox_init(&sandbox, NULL, PROGRAM, "code", "off", &err), 0);
	assert_int_equal(sandbox.filter.len, 0);
	assert_int_equal(sandbox.argv[0][0], '/');
	assert_string_equal(sandbox.argv[1], "-I");
	assert_string_equal(sandbox.argv[sandbox.count - 1], "off");
	sandbox_deinit(&sandbox);
}

static void a_program_that_is_not_there_is_named(void **state)
{
	struct sandbox sandbox;
	struct err err;

	(void)state;
	assert_true(sandbox_init(&sandbox, "/nowhere/bwrap", PROGRAM, "", "", &err) < 0);
	assert_string_equal(err.text, "/nowhere/bwrap: No such file or directory");
	assert_true(sandbox_init(&sandbox, NULL, "/nowhere/python", "", "", &err) < 0);
	assert_string_equal(err.text, "/nowhere/python: No such file or directory");
	assert_true(sandbox_init(&sandbox, NULL, "/etc/passwd", "", "", &err) < 0);
	assert_string_equal(err.text, "/etc/passwd: Permission denied");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_shuts_everything_and_opens_what_is_needed),
		cmocka_unit_test(each_start_reads_the_filter_from_its_beginning),
		cmocka_unit_test(without_one_it_is_the_program_alone),
		cmocka_unit_test(a_program_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
