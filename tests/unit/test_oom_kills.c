/* test_oom_kills.c - the kernel's count of its kills, as evidence */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/oom_kills.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/syn-oom-XXXXXX";

static void write_file(const char *before, int n)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fprintf(f, "%s %d\n", before, n) > 0);
	assert_int_equal(fclose(f), 0);
}

#define EVENTS "low 0\nhigh 0\nmax 7\noom 3\noom_kill"

static void a_count_that_grew_answers_for_that_many_deaths(void **state)
{
	struct oom_kills kills;

	(void)state;
	write_file(EVENTS, 5);
	oom_kills_init(&kills, path);
	assert_true(oom_kills_readable(&kills));
	assert_false(oom_kills_take(&kills, 1000));
	write_file(EVENTS, 7);
	assert_true(oom_kills_take(&kills, 2000));
	assert_true(oom_kills_take(&kills, 2000));
	assert_false(oom_kills_take(&kills, 2000));
}

static void an_old_kill_is_not_the_cause_of_a_new_death(void **state)
{
	struct oom_kills kills;

	(void)state;
	write_file("oom_kill_disable 0\nunder_oom 0\noom_kill", 0);
	oom_kills_init(&kills, path);
	write_file("oom_kill_disable 0\nunder_oom 0\noom_kill", 1);
	oom_kills_sample(&kills, 1000);
	assert_false(oom_kills_take(&kills, 1000 + OOM_KILLS_FRESH_MS));
	write_file("oom_kill_disable 0\nunder_oom 0\noom_kill", 2);
	oom_kills_sample(&kills, 20000);
	oom_kills_sample(&kills, 21000);
	assert_true(oom_kills_take(&kills, 22000));
}

static void without_a_count_there_is_no_evidence(void **state)
{
	struct oom_kills kills;

	(void)state;
	oom_kills_init(&kills, "/nowhere/memory.events");
	assert_false(oom_kills_readable(&kills));
	assert_false(oom_kills_take(&kills, 1000));
	write_file("oom", 3);
	oom_kills_init(&kills, path);
	assert_false(oom_kills_readable(&kills));
	write_file(EVENTS, 4); /* comes too late: nobody knows what it was before */
	assert_false(oom_kills_take(&kills, 2000));
	/* of this process, if there is one: nobody was killed in this moment */
	oom_kills_init(&kills, NULL);
	assert_false(oom_kills_take(&kills, 3000));
}

static int make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int drop(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_that_grew_answers_for_that_many_deaths),
		cmocka_unit_test(an_old_kill_is_not_the_cause_of_a_new_death),
		cmocka_unit_test(without_a_count_there_is_no_evidence),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
