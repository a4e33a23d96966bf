/* test_score_before.c - scoreboards of succeeded masters are found, and removed */
#include "ipc/score_before.h"

#include "ipc/scoreboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[32];

static void count(void *arg, const struct scoreboard *board)
{
	int *found = arg;

	assert_string_equal(board->version, "1.2.3");
	assert_int_equal(board->master_pid, getpid());
	(*found)++;
}

static int found(void)
{
	int n = 0;

	score_before_each(dir, count, &n);
	return n;
}

static void make(const char *name, const char *content)
{
	char path[96];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(content, file);
	assert_int_equal(fclose(file), 0);
}

static int there(const char *name)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void the_one_of_a_living_master_is_found_until_it_leaves(void **state)
{
	struct scoreboard *board = NULL, *next = NULL;
	char name[64];

	(void)state;
	assert_int_equal(found(), 0);
	assert_int_equal(scoreboard_create(dir, "h", "1.2.3", &board, NULL), 0);
	assert_int_equal(found(), 0);
	assert_int_equal(score_before_keep(dir, getpid(), NULL), 0);
	assert_int_equal(score_before_keep(dir, getpid(), NULL), 0); /* again */
	assert_int_equal(scoreboard_create_next(dir, "h", "2.0.0", &next, NULL), 0);
	assert_int_equal(scoreboard_publish_next(dir, NULL), 0);
	assert_int_equal(found(), 1);
	score_before_sweep(dir);
	assert_int_equal(found(), 1);
	score_before_drop(dir, getpid());
	score_before_drop(dir, getpid());
	assert_int_equal(found(), 0);
	(void)snprintf(name, sizeof(name), "%s.%d", SCOREBOARD_FILE, getpid());
	assert_false(there(name));
	scoreboard_close(board);
	scoreboard_close(next);
}

static void what_a_dead_one_left_is_passed_over_and_removed(void **state)
{
	(void)state;
	make("scoreboard.123", "junk");
	make("scoreboard.0", "not ours");
	make("scoreboard.12x", "not ours");
	make("scoreboard.next", "not ours");
	make("scoreboard.99999999999999999999", "not ours");
	assert_int_equal(found(), 0);
	assert_true(there("scoreboard.123"));
	score_before_sweep(dir);
	assert_false(there("scoreboard.123"));
	assert_true(there("scoreboard.0") && there("scoreboard.12x") &&
		    there("scoreboard.next"));
	assert_true(there("scoreboard.99999999999999999999"));
}

static void a_folder_that_is_not_there_has_none(void **state)
{
	struct err err;
	int n = 0;

	(void)state;
	score_before_each("/no/such/folder", count, &n);
	score_before_sweep("/no/such/folder");
	score_before_drop("/no/such/folder", 1);
	assert_int_equal(n, 0);
	assert_int_equal(score_before_keep("/no/such/folder", 1, &err), ERR_SYS);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/syn-before-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_one_of_a_living_master_is_found_until_it_leaves, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			what_a_dead_one_left_is_passed_over_and_removed, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_has_none,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
