/* test_restart.c - who is replaced at once, who waits, and when it is degraded */
#include "master/restart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct restart_limits defaults = {
	.min_ms = 200, .max_ms = 30000, .window_ms = 60000, .ceiling = 5, .processes = 1
};

static struct rng rng;

static void make(struct restart *restart, int processes)
{
	struct restart_limits limits = defaults;

	limits.processes = processes;
	rng_seed(&rng, 7);
	restart_init(restart, &limits);
}

static void a_child_that_worked_is_replaced_at_once(void **state)
{
	struct restart restart;

	(void)state;
	make(&restart, 1);
	assert_int_equal(restart_died(&restart, 1000000, 5000, true, &rng), 0);
	assert_false(restart.degraded);
	restart_deinit(&restart);
	restart_deinit(&restart);
}

static void a_child_that_died_before_it_was_ready_waits(void **state)
{
	struct restart restart;

	(void)state;
	make(&restart, 1);
	assert_int_equal(restart_died(&restart, 0, 50000, false, &rng), 200);
	restart_deinit(&restart);
}

static void ready_but_dead_at_once_counts_as_early(void **state)
{
	struct restart restart;

	(void)state;
	make(&restart, 1);
	assert_int_equal(restart_died(&restart, 0, RESTART_EARLY_MS, true, &rng), 0);
	assert_true(restart_died(&restart, 1, RESTART_EARLY_MS - 1, true, &rng) > 0);
	restart_deinit(&restart);
}

static void the_wait_doubles_up_to_the_cap(void **state)
{
	struct restart restart;
	int64_t now_ms = 0, wait_ms = 0, bound_ms = 200;
	int i;

	(void)state;
	make(&restart, 1);
	for (i = 0; i < 30; i++) {
		wait_ms = restart_died(&restart, now_ms, 5, false, &rng);
		assert_true(wait_ms >= bound_ms / 2 && wait_ms >= 200);
		assert_true(wait_ms <= bound_ms);
		bound_ms = bound_ms * 2 > 30000 ? 30000 : bound_ms * 2;
		now_ms += wait_ms + 5;
	}
	assert_true(wait_ms >= 15000);
	restart_deinit(&restart);
}

/* What a minute of crashes at start-up costs, for one seat. */
static void a_crash_loop_forks_at_most_ten_times_in_the_first_minute(void **state)
{
	struct restart restart;
	int64_t now_ms;
	int forks, seed;

	(void)state;
	for (seed = 0; seed < 1000; seed++) {
		make(&restart, 1);
		rng_seed(&rng, (uint64_t)seed);
		forks = 0;
		for (now_ms = 0; now_ms < 60000;) {
			forks++;
			now_ms += 5 + restart_died(&restart, now_ms, 5, false, &rng);
		}
		assert_true(forks >= 8);
		assert_true(forks <= 10);
		assert_true(restart.degraded);
		restart_deinit(&restart);
	}
}

static void siblings_share_the_wait(void **state)
{
	struct restart restart;
	int64_t waits_ms = 0;
	int i;

	(void)state;
	make(&restart, 16);
	for (i = 0; i < 16; i++)
		waits_ms = restart_died(&restart, i, 5, false, &rng);
	assert_true(waits_ms >= 15000); /* and not 16 times 200 */
	assert_true(restart.degraded);
	restart_deinit(&restart);
}

static void one_more_death_than_the_ceiling_is_degraded(void **state)
{
	struct restart restart;
	int i;

	(void)state;
	make(&restart, 1);
	for (i = 0; i < 5; i++) {
		assert_int_equal(restart_died(&restart, i * 2000, 2000, true, &rng), 0);
		assert_false(restart.degraded);
	}
	assert_true(restart_died(&restart, 10000, 2000, true, &rng) > 0);
	assert_true(restart.degraded);
	assert_int_equal(restart_deaths(&restart, 10000), 6);
	restart_deinit(&restart);
}

static void more_processes_may_die_more_often(void **state)
{
	struct restart restart;
	int i;

	(void)state;
	make(&restart, 4);
	for (i = 0; i < 20; i++)
		assert_int_equal(restart_died(&restart, i, 2000, true, &rng), 0);
	assert_false(restart.degraded);
	(void)restart_died(&restart, 20, 2000, true, &rng);
	assert_true(restart.degraded);
	restart_deinit(&restart);
}

static void deaths_beyond_the_window_are_forgotten(void **state)
{
	struct restart restart;
	int64_t now_ms = 0;
	int i;

	(void)state;
	make(&restart, 1);
	for (i = 0; i < 50; i++, now_ms += 15000)
		assert_int_equal(restart_died(&restart, now_ms, 14000, true, &rng), 0);
	assert_false(restart.degraded);
	assert_int_equal(restart_deaths(&restart, now_ms), 3);
	assert_int_equal(restart_deaths(&restart, now_ms + 60000), 0);
	restart_deinit(&restart);
}

static void crash(struct restart *restart, int64_t *now_ms)
{
	int i;

	for (i = 0; i < 6; i++)
		*now_ms += 5 + restart_died(restart, *now_ms, 5, false, &rng);
	assert_true(restart->degraded);
}

static void degraded_ends_after_a_window_in_which_all_are_ready(void **state)
{
	struct restart restart;
	int64_t now_ms = 0;

	(void)state;
	make(&restart, 1);
	crash(&restart, &now_ms);
	now_ms = restart.last_mono_ms + 59999;
	restart_review(&restart, now_ms, true);
	assert_true(restart.degraded);
	restart_review(&restart, now_ms + 1, false); /* one is still not there */
	assert_true(restart.degraded);
	restart_review(&restart, now_ms + 1, true);
	assert_false(restart.degraded);
	/* and the next early death waits the shortest time again */
	assert_int_equal(restart_died(&restart, now_ms + 2, 5, false, &rng), 200);
	restart_deinit(&restart);
}

static void a_long_life_forgives_what_was_before(void **state)
{
	struct restart restart;
	int64_t now_ms = 0;

	(void)state;
	make(&restart, 1);
	crash(&restart, &now_ms);
	assert_int_equal(restart_died(&restart, now_ms + 100000, 99000, true, &rng), 0);
	assert_false(restart.degraded);
	restart_deinit(&restart);
}

static void a_working_child_waits_too_while_the_kind_is_degraded(void **state)
{
	struct restart restart;
	int64_t now_ms = 0;

	(void)state;
	make(&restart, 2);
	crash(&restart, &now_ms);
	assert_true(restart_died(&restart, now_ms, 5000, true, &rng) > 0);
	restart_deinit(&restart);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_that_worked_is_replaced_at_once),
		cmocka_unit_test(a_child_that_died_before_it_was_ready_waits),
		cmocka_unit_test(ready_but_dead_at_once_counts_as_early),
		cmocka_unit_test(the_wait_doubles_up_to_the_cap),
		cmocka_unit_test(
			a_crash_loop_forks_at_most_ten_times_in_the_first_minute),
		cmocka_unit_test(siblings_share_the_wait),
		cmocka_unit_test(one_more_death_than_the_ceiling_is_degraded),
		cmocka_unit_test(more_processes_may_die_more_often),
		cmocka_unit_test(deaths_beyond_the_window_are_forgotten),
		cmocka_unit_test(degraded_ends_after_a_window_in_which_all_are_ready),
		cmocka_unit_test(a_long_life_forgives_what_was_before),
		cmocka_unit_test(a_working_child_waits_too_while_the_kind_is_degraded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
