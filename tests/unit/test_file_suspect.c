/* test_file_suspect.c - a process that dies leaves the name of whose code it was in */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/file_suspect.h"
#include "store/files_dir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static struct files_dir dir;
static struct file_blames blames;

static int make_dir(void **state)
{
	struct err err;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test_suspect.XXXXXX");
	return mkdtemp(folder) && files_dir_open(&dir, folder, &err) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	files_dir_close(&dir);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static size_t collect(void)
{
	file_suspect_collect(&dir, &blames);
	return blames.count;
}

/* A process of that name that enters, leaves if it is told to, and dies. */
static void die(const char *name, const char *run_id, bool leave)
{
	struct file_suspect suspect = { .mark = NULL };
	struct err err;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (file_suspect_open(&suspect, &dir, name, &err) < 0)
			_exit(1);
		file_suspect_enter(&suspect, "before");
		file_suspect_leave(&suspect);
		file_suspect_enter(&suspect, run_id);
		if (leave)
			file_suspect_leave(&suspect);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void whose_code_was_on_the_cpu_is_named_once(void **state)
{
	(void)state;
	die("a", "run_1", false);
	die("b", "run_2", true);
	die("c", "run_3", false);
	assert_int_equal(collect(), 2);
	/* those who are met in a later pass are blamed still, each once */
	assert_int_equal(file_blames_take(&blames, "run_1"), 1);
	assert_int_equal(collect(), 1);
	assert_int_equal(file_blames_take(&blames, "run_1"), 0);
	die("a", "run_3", false);
	assert_int_equal(collect(), 2);
	assert_int_equal(file_blames_take(&blames, "run_2"), 0);
	assert_int_equal(file_blames_take(&blames, "run_3"), 2);
	assert_int_equal(collect(), 0);
}

static void who_lives_or_left_in_order_is_not_suspected(void **state)
{
	struct file_suspect suspect = { .mark = NULL };
	struct err err;

	(void)state;
	assert_int_equal(file_suspect_open(&suspect, &dir, "d", &err), 0);
	assert_true(file_suspect_others(&dir, "e"));
	assert_false(file_suspect_others(&dir, "d"));
	file_suspect_enter(&suspect, "run_4");
	assert_int_equal(collect(), 0);
	file_suspect_close(&suspect);
	assert_int_equal(collect(), 0);
	assert_false(file_suspect_others(&dir, "e"));
	file_suspect_enter(&suspect, "run_5"); /* not open: nothing */
	file_suspect_leave(&suspect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_code_was_on_the_cpu_is_named_once),
		cmocka_unit_test(who_lives_or_left_in_order_is_not_suspected),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
