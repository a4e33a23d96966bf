/* test_title.c - what ps shows, without losing the environment */
#include "master/title.h"

#include "base/fdutil.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

/* Like main()'s: strings one behind the other, the environment behind the arguments. */
static char area[] = "synapsed\0-c\0/etc/some/file\0HOME=/home/x\0PATH=/bin\0behind";
static char *argv[] = { area, area + 9, area + 12, NULL };
static char *env[] = { area + 27, area + 40, NULL };

static void titles_use_the_room_of_arguments_and_environment(void **state)
{
	char **real = environ;
	char long_title[300], name[17] = "";

	(void)state;
	title_set("early"); /* before title_init: only the short name */
	assert_string_equal(area, "synapsed");

	environ = env;
	title_init(3, argv);
	title_init(3, argv); /* twice is fine */
	assert_ptr_not_equal(environ, env);
	assert_string_equal(getenv("HOME"), "/home/x");

	title_set("worker 2 [gen 1]");
	assert_string_equal(area, "synapsed: worker 2 [gen 1]");
	assert_string_equal(getenv("HOME"), "/home/x");
	assert_string_equal(getenv("PATH"), "/bin");
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_string_equal(name, "syn-worker 2 [g");

	memset(long_title, 'x', sizeof(long_title));
	long_title[sizeof(long_title) - 1] = '\0';
	title_set(long_title);
	assert_int_equal(strlen(area), sizeof(area) - sizeof("behind") - 1);
	assert_string_equal(area + sizeof(area) - sizeof("behind"), "behind");
	title_set("y");
	assert_string_equal(area, "synapsed: y");
	for (size_t i = 11; i < sizeof(area) - sizeof("behind"); i++)
		assert_int_equal(area[i], 0); /* nothing of the old one shows */

	title_deinit();
	title_deinit();
	assert_ptr_equal(environ, env);
	environ = real;
}

static void a_gap_ends_the_room(void **state)
{
	static char gap[] = "prog\0arg\0xxxx\0A=1";
	char *args[] = { gap, gap + 5, NULL };
	char *vars[] = { gap + 14, NULL };
	char **real = environ;

	(void)state;
	environ = vars;
	title_init(2, args);
	title_set("a title that is longer than the room");
	assert_memory_equal(gap, "synapsed\0xxxx\0A=1", 18);
	assert_string_equal(getenv("A"), "1");
	title_deinit();
	environ = real;
}

/* The leak checker has the last word; what libc has made of it stays libc's. */
static void variables_that_change_are_not_lost(void **state)
{
	static char text[] = "prog\0A=1\0B=2\0C=3";
	char *args[] = { text, NULL };
	char *vars[] = { text + 5, text + 9, text + 13, NULL };
	char **real = environ;

	(void)state;
	environ = vars;
	title_init(1, args);
	assert_int_equal(unsetenv("A"), 0);
	assert_int_equal(setenv("B", "a longer one", 1), 0);
	assert_int_equal(setenv("D", "new", 1), 0);
	assert_null(getenv("A"));
	assert_string_equal(getenv("B"), "a longer one");
	assert_string_equal(getenv("C"), "3");
	assert_string_equal(getenv("D"), "new");
	title_deinit();
	environ = real;
}

static void no_arguments_mean_no_title(void **state)
{
	(void)state;
	title_init(0, NULL);
	title_set("x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(titles_use_the_room_of_arguments_and_environment),
		cmocka_unit_test(a_gap_ends_the_room),
		cmocka_unit_test(variables_that_change_are_not_lost),
		cmocka_unit_test(no_arguments_mean_no_title),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
