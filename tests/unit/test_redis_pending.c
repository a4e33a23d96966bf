/* test_redis_pending.c - commands that wait for their answer, oldest first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redis/redis_pending.h"

static bool push(struct redis_pending *pending, uint64_t number)
{
	struct redis_pending_entry entry = { .begins_at = number };

	return redis_pending_push(pending, &entry);
}

static void entries_leave_in_the_order_they_came(void **state)
{
	struct redis_pending pending;
	struct redis_pending_entry entry;
	uint64_t in = 0, out = 0;

	(void)state;
	redis_pending_init(&pending, 1000);
	/* grow while the ring is turned, so that the copy has to unroll it */
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 5; i++)
			assert_true(push(&pending, in++));
		for (int i = 0; i < 3 && pending.count > 0; i++) {
			assert_int_equal(redis_pending_head(&pending)->begins_at, out);
			assert_true(redis_pending_shift(&pending, &entry));
			assert_int_equal(entry.begins_at, out++);
		}
	}
	assert_int_equal(pending.count, in - out);
	while (redis_pending_shift(&pending, &entry))
		assert_int_equal(entry.begins_at, out++);
	assert_int_equal(in, out);
	assert_null(redis_pending_head(&pending));
	redis_pending_deinit(&pending);
}

static void a_full_ring_takes_no_more(void **state)
{
	struct redis_pending pending;
	struct redis_pending_entry entry;

	(void)state;
	redis_pending_init(&pending, 3);
	assert_true(push(&pending, 1));
	assert_true(push(&pending, 2));
	assert_true(push(&pending, 3));
	assert_false(push(&pending, 4));
	assert_int_equal(pending.count, 3);
	assert_true(redis_pending_shift(&pending, &entry));
	assert_true(push(&pending, 5));
	redis_pending_deinit(&pending);
	assert_true(
		push(&pending, 6)); /* the bound is still there, the entries are not */
	assert_int_equal(redis_pending_head(&pending)->begins_at, 6);
	redis_pending_deinit(&pending);
}

static void all_move_to_another_ring(void **state)
{
	struct redis_pending from, to;

	(void)state;
	redis_pending_init(&from, 10);
	redis_pending_init(&to, 10);
	assert_true(push(&from, 7));
	redis_pending_move(&to, &from);
	assert_int_equal(from.count, 0);
	assert_int_equal(redis_pending_head(&to)->begins_at, 7);
	assert_true(push(&from, 8));
	redis_pending_deinit(&from);
	redis_pending_deinit(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_leave_in_the_order_they_came),
		cmocka_unit_test(a_full_ring_takes_no_more),
		cmocka_unit_test(all_move_to_another_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
