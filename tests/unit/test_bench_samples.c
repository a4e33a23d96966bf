/* test_bench_samples.c - shares of measured values */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/bench_samples.h"

static void nothing_measured_is_zero(void **state)
{
	struct bench_samples samples = { .count = 0 };

	(void)state;
	assert_int_equal(bench_samples_at(&samples, 50.), 0);
	bench_samples_deinit(&samples);
}

static void one_value_is_every_share(void **state)
{
	struct bench_samples samples = { .count = 0 };

	(void)state;
	bench_samples_add(&samples, 7);
	assert_int_equal(bench_samples_at(&samples, 0.001), 7);
	assert_int_equal(bench_samples_at(&samples, 50.), 7);
	assert_int_equal(bench_samples_at(&samples, 100.), 7);
	bench_samples_deinit(&samples);
}

static void shares_are_measured_values_by_nearest_rank(void **state)
{
	struct bench_samples samples = { .count = 0 };
	int64_t i;

	(void)state;
	for (i = 0; i < 2000; i++) /* 1..2000, each once, out of order */
		bench_samples_add(&samples, (i * 7) % 2000 + 1);
	assert_int_equal(samples.count, 2000);
	assert_int_equal(bench_samples_at(&samples, 50.), 1000);
	assert_int_equal(bench_samples_at(&samples, 99.), 1980);
	assert_int_equal(bench_samples_at(&samples, 99.96), 2000);
	assert_int_equal(bench_samples_at(&samples, 100.), 2000);
	bench_samples_deinit(&samples);
}

static void a_value_added_later_counts(void **state)
{
	struct bench_samples samples = { .count = 0 };

	(void)state;
	bench_samples_add(&samples, 10);
	assert_int_equal(bench_samples_at(&samples, 50.), 10);
	bench_samples_add(&samples, 1);
	assert_int_equal(bench_samples_at(&samples, 50.), 1);
	bench_samples_deinit(&samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_measured_is_zero),
		cmocka_unit_test(one_value_is_every_share),
		cmocka_unit_test(shares_are_measured_values_by_nearest_rank),
		cmocka_unit_test(a_value_added_later_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
