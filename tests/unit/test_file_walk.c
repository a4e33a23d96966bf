/* test_file_walk.c - long looks in pieces, and writers that wait for another one */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/file_patience.h"
#include "api/file_walk.h"
#include "base/clock.h"
#include "base/loop.h"

#include <stdbool.h>

static struct ev_loop *loop;
static struct file_walks *walks;

struct look {
	struct file_walk walk;
	int steps;       /* that are left */
	int64_t step_ms; /* of the loop */
	bool over, whole;
};

static bool step(struct file_walk *walk)
{
	struct look *look = list_entry(walk, struct look, walk);
	int64_t until_mono_ms = clock_mono_ms() + look->step_ms;

	while (clock_mono_ms() < until_mono_ms)
		;
	return --look->steps > 0;
}

static void over(struct file_walk *walk, bool whole)
{
	struct look *look = list_entry(walk, struct look, walk);

	assert_false(look->over);
	look->over = true;
	look->whole = whole;
}

static struct look look_of(int steps, int64_t step_ms)
{
	return (struct look){
		.walk = { .step = step, .over = over },
		.steps = steps,
		.step_ms = step_ms,
	};
}

static int set_up(void **state)
{
	(void)state;
	loop = ev_loop_new(EVFLAG_AUTO);
	walks = file_walks_new(loop);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	file_walks_free(walks);
	ev_loop_destroy(loop);
	return 0;
}

static void what_is_short_costs_no_turn(void **state)
{
	struct look look = look_of(3, 0);

	(void)state;
	file_walks_start(walks, &look.walk);
	assert_true(look.over && look.whole && look.steps == 0);
}

static void a_long_one_lets_the_loop_turn_and_others_have_theirs(void **state)
{
	struct look one = look_of(8, 3), other = look_of(2, 3);
	int turns = 0, other_at = 0;

	(void)state;
	file_walks_start(walks, &one.walk);
	file_walks_start(walks, &other.walk);
	assert_false(one.over);
	while (!one.over) {
		(void)ev_run(loop, EVRUN_ONCE);
		turns++;
		if (other.over && !other_at)
			other_at = turns;
	}
	assert_true(turns >= 3); /* two steps fill a turn */
	assert_true(other.whole && one.whole && other_at < turns);
}

static void who_leaves_in_the_middle_says_so(void **state)
{
	struct look look = look_of(100, 3);

	(void)state;
	file_walks_start(walks, &look.walk);
	file_walks_free(walks);
	walks = file_walks_new(loop);
	assert_true(look.over && !look.whole);
}

/* -- a writer -- */

struct write {
	struct file_patience wait;
	int conflicts; /* that are left */
	int rc;        /* 1: not over */
};

static int attempt(struct file_patience *wait, struct err *err)
{
	struct write *write = list_entry(wait, struct write, wait);

	if (write->conflicts-- > 0)
		return err_set(err, ERR_CONFLICT, "somebody writes");
	return 0;
}

static void on_over(struct file_patience *wait, int rc, const struct err *err)
{
	(void)err;
	list_entry(wait, struct write, wait)->rc = rc;
}

static void another_writer_is_waited_for_between_turns(void **state)
{
	struct write write = {
		.wait = { .attempt = attempt, .over = on_over },
		.conflicts = 3,
		.rc = 1,
	};
	int turns = 0;

	(void)state;
	file_patience_start(&write.wait, loop);
	for (; write.rc == 1; turns++)
		(void)ev_run(loop, EVRUN_ONCE);
	assert_int_equal(write.rc, 0);
	assert_true(turns >= 3);
	write.conflicts = 1000000;
	write.rc = 1;
	file_patience_start(&write.wait, loop);
	write.wait.until_mono_ms = 0; /* as if it had waited for long */
	while (write.rc == 1)
		(void)ev_run(loop, EVRUN_ONCE);
	assert_int_equal(write.rc, ERR_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_short_costs_no_turn, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_long_one_lets_the_loop_turn_and_others_have_theirs, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(who_leaves_in_the_middle_says_so, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			another_writer_is_waited_for_between_turns, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
