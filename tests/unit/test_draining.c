/* test_draining.c - who leaves when, and how long each may take */
#include "master/draining.h"

#include "base/clock.h"
#include "ipc/kind.h"
#include "master/crews.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void groups_share_what_is_left(void **state)
{
	(void)state;
	assert_int_equal(draining_share(1000, 21000, 2), 11000);
	assert_int_equal(draining_share(11000, 21000, 1), 21000);
	assert_int_equal(draining_share(1500, 21000, 1), 21000); /* what was not needed */
}

static void the_last_group_has_a_second_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(draining_share(1000, 21000, 0), 21000);
	assert_int_equal(draining_share(20500, 21000, 0), 21500);
	assert_int_equal(draining_share(30000, 21000, 0), 31000);
}

static void nobody_gets_time_that_is_over(void **state)
{
	(void)state;
	assert_int_equal(draining_share(30000, 21000, 2), 30000);
}

/*
 * Seats without processes: one that is due is drained by retiring, so a group is "gone"
 * as soon as it is told, and the order shows in who was retired.
 */
struct seat_log {
	const char *names[8];
	int count;
};

static void op_start(struct child *child)
{
	(void)child;
}

static void op_retired(struct child *child)
{
	struct seat_log *log = child->owner;

	log->names[log->count++] = child->kind->name;
}

static const struct child_ops ops = { .start = op_start, .retired = op_retired };
static const struct kind keeper = { .name = "keeper", .order = 0 };
static const struct kind worker = { .name = "worker", .order = 10 };
static const struct kind api = { .name = "api", .order = 20 };

struct bench {
	struct ev_loop *loop;
	struct seat seats[4];
	struct list list;
	struct draining draining;
	struct seat_log log;
};

static int set_up(void **state)
{
	static struct bench bench;
	const struct kind *kinds[] = { &keeper, &worker, &worker, &api };
	int i;

	memset(&bench, 0, sizeof(bench));
	bench.loop = ev_loop_new(EVFLAG_AUTO);
	list_init(&bench.list);
	for (i = 0; i < 4; i++) {
		child_init(&bench.seats[i].child, bench.loop, kinds[i], i, &ops,
			   &bench.log);
		child_start(&bench.seats[i].child);
		list_push(&bench.list, &bench.seats[i].node);
	}
	draining_init(&bench.draining, bench.loop, &bench.list);
	*state = &bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	int i;

	draining_deinit(&bench->draining);
	for (i = 0; i < 4; i++)
		child_deinit(&bench->seats[i].child);
	ev_loop_destroy(bench->loop);
	return 0;
}

static void nothing_happens_before_the_start(void **state)
{
	struct bench *bench = *state;

	assert_false(draining_advance(&bench->draining, 0));
	assert_int_equal(bench->log.count, 0);
}

static void groups_leave_from_the_highest_order_down(void **state)
{
	struct bench *bench = *state;

	draining_start(&bench->draining, "stop", 10000);
	assert_true(draining_advance(&bench->draining, 0));
	assert_int_equal(bench->log.count, 4);
	assert_string_equal(bench->log.names[0], "api");
	assert_string_equal(bench->log.names[1], "worker");
	assert_string_equal(bench->log.names[2], "worker");
	assert_string_equal(bench->log.names[3], "keeper");
}

static void the_last_group_waits_for_deaths_that_are_not_settled(void **state)
{
	struct bench *bench = *state;

	draining_start(&bench->draining, "stop", 10000);
	assert_false(draining_advance(&bench->draining, 2));
	assert_int_equal(bench->log.count, 3);
	assert_true(ev_is_active(&bench->draining.gate));
	assert_false(draining_advance(&bench->draining, 1));
	assert_true(draining_advance(&bench->draining, 0));
	assert_int_equal(bench->log.count, 4);
}

static void the_last_group_does_not_wait_for_ever(void **state)
{
	struct bench *bench = *state;
	int64_t from_mono_ms = clock_mono_ms();

	draining_start(&bench->draining, "stop", 1);
	while (!draining_advance(&bench->draining, 1))
		ev_run(bench->loop, EVRUN_ONCE); /* the gate wakes it */
	assert_true(clock_mono_ms() - from_mono_ms >= 400);
	assert_int_equal(bench->log.count, 4);
}

static void at_once_means_nobody_waits(void **state)
{
	struct bench *bench = *state;

	draining_start(&bench->draining, "stop", 3600000);
	assert_false(draining_advance(&bench->draining, 1));
	draining_hurry(&bench->draining, 0);
	assert_true(draining_advance(&bench->draining, 1));
}

static void a_hurry_never_moves_the_end_away(void **state)
{
	struct bench *bench = *state;
	int64_t deadline_mono_ms;

	draining_start(&bench->draining, "stop", 100);
	deadline_mono_ms = bench->draining.deadline_mono_ms;
	draining_hurry(&bench->draining, 3600000);
	assert_int_equal(bench->draining.deadline_mono_ms, deadline_mono_ms);
	assert_false(draining_advance(&bench->draining, 1));
	deadline_mono_ms = bench->draining.last_deadline_mono_ms;
	assert_true(deadline_mono_ms > 0);
	draining_hurry(&bench->draining, 3600000);
	assert_int_equal(bench->draining.last_deadline_mono_ms, deadline_mono_ms);
}

#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_share_what_is_left),
		cmocka_unit_test(the_last_group_has_a_second_of_its_own),
		cmocka_unit_test(nobody_gets_time_that_is_over),
		WITH_BENCH(nothing_happens_before_the_start),
		WITH_BENCH(groups_leave_from_the_highest_order_down),
		WITH_BENCH(the_last_group_waits_for_deaths_that_are_not_settled),
		WITH_BENCH(the_last_group_does_not_wait_for_ever),
		WITH_BENCH(at_once_means_nobody_waits),
		WITH_BENCH(a_hurry_never_moves_the_end_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
