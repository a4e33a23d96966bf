/* test_rng.c - random numbers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_same_seed_gives_the_same_row(void **state)
{
	struct rng a, b;
	int i;

	(void)state;
	rng_seed(&a, 0);
	/* the published first outputs of splitmix64 for seed 0 */
	assert_true(rng_next(&a) == 0xE220A8397B1DCDAFULL);
	assert_true(rng_next(&a) == 0x6E789E6AA1B965F4ULL);
	rng_seed(&a, 99);
	rng_seed(&b, 99);
	for (i = 0; i < 100; i++)
		assert_true(rng_next(&a) == rng_next(&b));
}

static void a_bound_is_kept_and_reached(void **state)
{
	struct rng rng;
	int hits[7] = { 0 };
	int i;

	(void)state;
	rng_seed(&rng, 7);
	for (i = 0; i < 7000; i++)
		hits[rng_below(&rng, 7)]++;
	for (i = 0; i < 7; i++)
		assert_in_range(hits[i], 800, 1200);
	assert_int_equal(rng_below(&rng, 1), 0);
	/* just over half of the range: about every second draw is refused and repeated */
	for (i = 0; i < 100; i++)
		assert_true(rng_below(&rng, (1ULL << 63) + 1) <= 1ULL << 63);
}

static void the_kernels_bytes_differ(void **state)
{
	unsigned char a[600], b[600];
	int i;

	(void)state;
	rng_bytes(a, sizeof(a)); /* larger than the pool */
	rng_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (i = 0; i < 1000; i++) /* through several refills */
		assert_true(rng_u64() != rng_u64());
	rng_bytes(a, 0);
}

static void hex_is_hex_of_any_length(void **state)
{
	char text[34];

	(void)state;
	rng_hex(text, 33);
	assert_int_equal(strlen(text), 33);
	assert_int_equal(strspn(text, "0123456789abcdef"), 33);
	rng_hex(text, 0);
	assert_string_equal(text, "");
}

static void a_child_does_not_repeat_its_parent(void **state)
{
	uint64_t mine, theirs = 0;
	int fds[2], status;
	pid_t pid;

	(void)state;
	(void)rng_u64(); /* the pool is full */
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		mine = rng_u64();
		_exit(write(fds[1], &mine, sizeof(mine)) == sizeof(mine) ? 0 : 1);
	}
	mine = rng_u64();
	assert_int_equal(read(fds[0], &theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(mine != theirs);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_row),
		cmocka_unit_test(a_bound_is_kept_and_reached),
		cmocka_unit_test(the_kernels_bytes_differ),
		cmocka_unit_test(hex_is_hex_of_any_length),
		cmocka_unit_test(a_child_does_not_repeat_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
