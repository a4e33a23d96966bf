/* test_timers.c - deadlines of runs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/timers.h"

#include "base/mem.h"
#include "base/rng.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "memory_host.h"

#include <string.h>

#define MANY 2000

static struct memory_host host;
static struct exec exec; /* only its lists are used */
static struct timer timers[MANY];

static void on_due(struct op *op)
{
	(void)op;
}

static int setup(void **state)
{
	int i;

	(void)state;
	memory_init(&host, NULL);
	memset(&exec, 0, sizeof(exec));
	exec.engine = host.engine;
	list_init(&exec.done);
	for (i = 0; i < MANY; i++)
		op_init(&timers[i].op, &exec, on_due);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	list_remove(&exec.ready);
	memory_deinit(&host);
	return 0;
}

static void timers_fire_in_order_of_their_moments(void **state)
{
	int64_t last_ms = 0;
	struct rng rng;
	int i, fired = 0;

	(void)state;
	rng_seed(&rng, 1);
	for (i = 0; i < MANY; i++)
		timers_arm(host.engine, &timers[i], (int64_t)rng_below(&rng, 1000));
	for (i = 0; i < MANY; i += 3)
		op_detach(&timers[i].op);
	assert_int_equal(timers_run(&host.engine->timers, 999), -1);
	list_for_each(node, &exec.done) {
		struct op *op = list_entry(node, struct op, node);
		struct timer *timer = mem_container(op, struct timer, op);

		assert_true(timer->at_mono_ms >= last_ms);
		assert_int_not_equal((timer - timers) % 3, 0);
		last_ms = timer->at_mono_ms;
		fired++;
	}
	assert_int_equal(fired, MANY - (MANY + 2) / 3);
}

static void only_what_is_due_fires_and_the_next_is_told(void **state)
{
	(void)state;
	timers_arm(host.engine, &timers[0], 100);
	timers_arm(host.engine, &timers[1], 50);
	assert_int_equal(timers_run(&host.engine->timers, 49), 1);
	assert_int_equal(timers[1].op.state, OP_FLYING);
	assert_int_equal(timers_run(&host.engine->timers, 50), 50);
	assert_int_equal(timers[1].op.state, OP_DONE);
	assert_int_equal(timers[0].op.state, OP_FLYING);
	assert_int_equal(timers_run(&host.engine->timers, 100), -1);
}

static void a_detached_timer_can_be_armed_again(void **state)
{
	(void)state;
	timers_arm(host.engine, &timers[0], 100);
	op_detach(&timers[0].op);
	op_detach(&timers[0].op);
	assert_int_equal(host.engine->timers.count, 0);
	timers_arm(host.engine, &timers[0], 70);
	assert_int_equal(timers_run(&host.engine->timers, 60), 10);
	op_detach(&timers[0].op);
}

static void an_earlier_deadline_asks_for_a_pump(void **state)
{
	(void)state;
	timers_arm(host.engine, &timers[0], 100);
	assert_int_equal(host.wanted, 1);
	host.engine->wanted = false;
	timers_arm(host.engine, &timers[1], 200);
	assert_int_equal(host.wanted, 1);
	timers_arm(host.engine, &timers[2], 50);
	assert_int_equal(host.wanted, 2);
	op_detach(&timers[0].op);
	op_detach(&timers[1].op);
	op_detach(&timers[2].op);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(timers_fire_in_order_of_their_moments),
		TEST(only_what_is_due_fires_and_the_next_is_told),
		TEST(a_detached_timer_can_be_armed_again),
		TEST(an_earlier_deadline_asks_for_a_pump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
