/* test_scaling.c - when there should be one worker more, or one less */
#include "master/scaling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct scaling_limits limits = {
	.min = 1,
	.max = 4,
	.target_ms = 1000,
	.grow_after_ms = 10000,
	.shrink_after_ms = 60000,
};

#define WAITS .oldest_ms = 1001
#define FULL  .in_flight = 150, .room = 200
#define IDLE  .oldest_ms = 0, .in_flight = 0, .room = 200

/* Look once a second from `from` on, until something is to be done or `to` is past. */
static enum scaling_reason watch(struct scaling *scaling, struct scaling_look look,
				 int64_t from_ms, int64_t to_ms, int64_t *ret_at_ms)
{
	enum scaling_reason reason = SCALING_STAY;
	int64_t at_ms;

	for (at_ms = from_ms; at_ms <= to_ms && reason == SCALING_STAY; at_ms += 1000) {
		look.now_mono_ms = at_ms;
		reason = scaling_decide(scaling, &limits, &look);
		if (ret_at_ms)
			*ret_at_ms = at_ms;
	}
	return reason;
}

static void one_more_when_entries_wait_for_10_s_and_slots_are_full(void **state)
{
	struct scaling_look look = { WAITS, FULL, .count = 2, .settled = true };
	struct scaling scaling = { 0 };
	int64_t at_ms;

	(void)state;
	assert_int_equal(watch(&scaling, look, 0, 60000, &at_ms), SCALING_WAITING);
	assert_in_range(at_ms, 10000, 11000);
}

static void what_waits_beside_free_slots_wants_no_process(void **state)
{
	struct scaling_look look = { WAITS, .in_flight = 149, .room = 200, .count = 2,
				     .settled = true };
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, look, 0, 300000, NULL), SCALING_STAY);
}

static void a_target_that_is_just_met_is_met(void **state)
{
	struct scaling_look look = {
		.oldest_ms = 1000, FULL, .count = 2, .settled = true
	};
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, look, 0, 300000, NULL), SCALING_STAY);
}

static void a_moment_without_need_begins_the_10_s_anew(void **state)
{
	struct scaling_look busy = { WAITS, FULL, .count = 2, .settled = true };
	struct scaling_look calm = { .oldest_ms = 0, FULL, .count = 2, .settled = true };
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, busy, 1000, 10000, NULL), SCALING_STAY);
	assert_int_equal(watch(&scaling, calm, 11000, 11000, NULL), SCALING_STAY);
	assert_int_equal(watch(&scaling, busy, 12000, 21000, NULL), SCALING_STAY);
	assert_int_equal(watch(&scaling, busy, 22000, 22000, NULL), SCALING_WAITING);
}

static void what_nobody_knows_moves_nothing(void **state)
{
	struct scaling_look full = { .oldest_ms = -1, FULL, .count = 2, .settled = true };
	struct scaling_look empty = {
		.oldest_ms = -1, .room = 200, .count = 2, .settled = true
	};
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, full, 1000, 300000, NULL), SCALING_STAY);
	assert_int_equal(watch(&scaling, empty, 301000, 600000, NULL), SCALING_STAY);
}

static void while_one_is_not_ready_nothing_is_decided(void **state)
{
	struct scaling_look look = { WAITS, FULL, .count = 2, .settled = false };
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, look, 1000, 300000, NULL), SCALING_STAY);
}

static void one_less_after_60_s_idle_and_never_below_the_least(void **state)
{
	struct scaling_look look = { IDLE, .count = 2, .settled = true };
	struct scaling scaling = { 0 };
	int64_t at_ms;

	(void)state;
	assert_int_equal(watch(&scaling, look, 1000, 300000, &at_ms), SCALING_IDLE);
	assert_in_range(at_ms, 61000, 62000);
	look.count = 1;
	assert_int_equal(watch(&scaling, look, 70000, 600000, NULL), SCALING_STAY);
}

static void idle_is_what_half_of_the_others_could_do(void **state)
{
	struct scaling_look look = {
		.in_flight = 1, .room = 400, .count = 3, .settled = true
	};
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, look, 1000, 300000, NULL), SCALING_IDLE);
	look.in_flight = 2;
	assert_int_equal(watch(&scaling, look, 400000, 700000, NULL), SCALING_STAY);
	look.in_flight = 1;
	look.count = 2;
	assert_int_equal(watch(&scaling, look, 800000, 999000, NULL), SCALING_STAY);
}

static void not_above_the_most(void **state)
{
	struct scaling_look look = { WAITS, FULL, .count = 4, .settled = true };
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, look, 1000, 300000, NULL), SCALING_STAY);
}

static void one_step_in_5_s_whatever_is_wrong(void **state)
{
	struct scaling_look look = { IDLE, .count = 0, .settled = true };
	struct scaling scaling = { 0 };
	int64_t at_ms;

	(void)state;
	assert_int_equal(watch(&scaling, look, 1000, 1000, &at_ms), SCALING_BELOW_MIN);
	assert_int_equal(watch(&scaling, look, 2000, 5000, NULL), SCALING_STAY);
	assert_int_equal(watch(&scaling, look, 6000, 6000, NULL), SCALING_BELOW_MIN);
	look.count = 7;
	assert_int_equal(watch(&scaling, look, 7000, 10000, NULL), SCALING_STAY);
	assert_int_equal(watch(&scaling, look, 11000, 11000, NULL), SCALING_ABOVE_MAX);
}

static void after_a_step_the_10_s_begin_anew(void **state)
{
	struct scaling_look look = { WAITS, FULL, .count = 1, .settled = true };
	struct scaling scaling = { 0 };
	int64_t at_ms;

	(void)state;
	assert_int_equal(watch(&scaling, look, 1000, 60000, &at_ms), SCALING_WAITING);
	assert_int_equal(at_ms, 11000);
	assert_int_equal(watch(&scaling, look, 12000, 60000, &at_ms), SCALING_WAITING);
	assert_int_equal(at_ms, 22000);
}

static void a_step_by_hand_begins_them_anew_too(void **state)
{
	struct scaling_look look = { WAITS, FULL, .count = 2, .settled = true };
	struct scaling scaling = { 0 };

	(void)state;
	assert_int_equal(watch(&scaling, look, 1000, 10000, NULL), SCALING_STAY);
	scaling_restart(&scaling);
	assert_int_equal(watch(&scaling, look, 11000, 20000, NULL), SCALING_STAY);
	assert_int_equal(watch(&scaling, look, 21000, 21000, NULL), SCALING_WAITING);
}

static void each_reason_has_a_name_and_a_direction(void **state)
{
	(void)state;
	assert_string_equal(scaling_reason_name(SCALING_STAY), "stay");
	assert_string_equal(scaling_reason_name(SCALING_WAITING), "waiting");
	assert_string_equal(scaling_reason_name(SCALING_BELOW_MIN), "below_min");
	assert_string_equal(scaling_reason_name(SCALING_IDLE), "idle");
	assert_string_equal(scaling_reason_name(SCALING_ABOVE_MAX), "above_max");
	assert_true(scaling_grows(SCALING_WAITING) && scaling_grows(SCALING_BELOW_MIN));
	assert_false(scaling_grows(SCALING_IDLE) || scaling_grows(SCALING_ABOVE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_more_when_entries_wait_for_10_s_and_slots_are_full),
		cmocka_unit_test(what_waits_beside_free_slots_wants_no_process),
		cmocka_unit_test(a_target_that_is_just_met_is_met),
		cmocka_unit_test(a_moment_without_need_begins_the_10_s_anew),
		cmocka_unit_test(what_nobody_knows_moves_nothing),
		cmocka_unit_test(while_one_is_not_ready_nothing_is_decided),
		cmocka_unit_test(one_less_after_60_s_idle_and_never_below_the_least),
		cmocka_unit_test(idle_is_what_half_of_the_others_could_do),
		cmocka_unit_test(not_above_the_most),
		cmocka_unit_test(one_step_in_5_s_whatever_is_wrong),
		cmocka_unit_test(after_a_step_the_10_s_begin_anew),
		cmocka_unit_test(a_step_by_hand_begins_them_anew_too),
		cmocka_unit_test(each_reason_has_a_name_and_a_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
