/* test_backoff.c - how long to wait before the next try */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/backoff.h"

static void the_wait_doubles_and_stays_in_its_upper_half(void **state)
{
	struct backoff backoff;
	struct rng rng;
	int64_t full = 100;
	int i;

	(void)state;
	rng_seed(&rng, 1);
	backoff_init(&backoff, 100, 10000);
	for (i = 0; i < 12; i++) {
		int64_t wait_ms = backoff_next(&backoff, &rng);

		assert_in_range(wait_ms, full / 2 < 100 ? 100 : full / 2, full);
		full = full * 2 > 10000 ? 10000 : full * 2;
		assert_int_equal(backoff.tries, i + 1);
	}
}

static void a_huge_attempt_stays_at_the_cap(void **state)
{
	struct backoff backoff;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	backoff_init(&backoff, 1, INT64_MAX);
	backoff.tries = 1 << 20;
	assert_true(backoff_next(&backoff, &rng) >= INT64_MAX / 2);
	assert_int_equal(backoff.tries, 1 << 20);
	backoff_init(&backoff, 10, 1000);
	backoff.tries = 1 << 20;
	assert_in_range(backoff_next(&backoff, &rng), 500, 1000);
}

static void a_success_starts_over(void **state)
{
	struct backoff backoff;
	struct rng rng;
	int i;

	(void)state;
	rng_seed(&rng, 3);
	backoff_init(&backoff, 50, 5000);
	for (i = 0; i < 5; i++)
		(void)backoff_next(&backoff, &rng);
	backoff_reset(&backoff);
	assert_int_equal(backoff_next(&backoff, &rng), 50);
}

static void nonsense_bounds_are_made_sane(void **state)
{
	struct backoff backoff;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	backoff_init(&backoff, 0, -5);
	assert_int_equal(backoff.min_ms, 1);
	assert_int_equal(backoff.max_ms, 1);
	assert_int_equal(backoff_next(&backoff, &rng), 1);
	assert_int_equal(backoff_next(&backoff, &rng), 1);
}

static void two_seeds_spread_out(void **state)
{
	struct backoff a, b;
	struct rng ra, rb;
	int i, same = 0;

	(void)state;
	rng_seed(&ra, 5);
	rng_seed(&rb, 6);
	backoff_init(&a, 1000, 100000);
	backoff_init(&b, 1000, 100000);
	for (i = 0; i < 20; i++)
		same += backoff_next(&a, &ra) == backoff_next(&b, &rb);
	assert_true(same < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_doubles_and_stays_in_its_upper_half),
		cmocka_unit_test(a_huge_attempt_stays_at_the_cap),
		cmocka_unit_test(a_success_starts_over),
		cmocka_unit_test(nonsense_bounds_are_made_sane),
		cmocka_unit_test(two_seeds_spread_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
