/* test_gate.c - when an outside effect may start */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/gate.h"

static struct gate gate;

static void it_is_open_for_three_quarters_of_the_keys_life(void **state)
{
	(void)state;
	gate_init(&gate, 8000, 1);
	gate_refreshed(&gate, 0, 100000);
	assert_true(gate_pass(&gate, 0, 0, 100000));
	assert_true(gate_pass(&gate, 0, 0, 105999));
	assert_false(gate.closed);
	assert_false(gate_pass(&gate, 0, 0, 106000));
	assert_true(gate.closed);
	gate_refreshed(&gate, 0, 106500);
	assert_true(gate_pass(&gate, 0, 0, 106600));
	assert_false(gate.closed);
}

static void closed_it_wants_a_commit_that_was_built_since(void **state)
{
	(void)state;
	gate_init(&gate, 8000, 1);
	gate_refreshed(&gate, 0, 100000);
	assert_false(gate_pass(&gate, 0, 105999, 107000));
	assert_true(gate_pass(&gate, 0, 106000, 107000));
	assert_true(gate.closed);
	/* and that one says nothing about much later */
	assert_true(gate_pass(&gate, 0, 106000, 111999));
	assert_false(gate_pass(&gate, 0, 106000, 112000));
}

static void before_the_first_refresh_a_commit_is_enough(void **state)
{
	(void)state;
	gate_init(&gate, 8000, 1);
	assert_false(gate_pass(&gate, 0, 0, 5));
	assert_false(gate_pass(&gate, 0, 0, 100000));
	assert_true(gate_pass(&gate, 0, 99999, 100000));
}

static void the_queue_of_the_run_counts(void **state)
{
	(void)state;
	gate_init(&gate, 8000, 3);
	gate_refreshed(&gate, 0, 100000);
	gate_refreshed(&gate, 2, 103000);
	assert_true(gate_pass(&gate, 0, 0, 105999));
	assert_false(gate_pass(&gate, 0, 0, 106000));
	assert_false(gate_pass(&gate, 1, 0, 103000));
	assert_true(gate_pass(&gate, 2, 0, 106000));
}

static void an_answer_that_was_overtaken_changes_nothing(void **state)
{
	(void)state;
	gate_init(&gate, 8000, 1);
	gate_refreshed(&gate, 0, 100000);
	gate_refreshed(&gate, 0, 99000);
	assert_true(gate_pass(&gate, 0, 0, 105999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_open_for_three_quarters_of_the_keys_life),
		cmocka_unit_test(closed_it_wants_a_commit_that_was_built_since),
		cmocka_unit_test(before_the_first_refresh_a_commit_is_enough),
		cmocka_unit_test(the_queue_of_the_run_counts),
		cmocka_unit_test(an_answer_that_was_overtaken_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
