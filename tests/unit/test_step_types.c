/* test_step_types.c - what the engine can execute */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/step_types.h"

#include "engine/steps/step_transform.h"

static void linear_types_are_executed_and_others_are_not(void **state)
{
	const struct definition_rules *rules = step_types_rules();

	(void)state;
	assert_true(rules->can_run(STEP_PRINT));
	assert_true(rules->can_run(STEP_LLM));
	assert_true(rules->can_run(STEP_END));
	assert_true(rules->can_run(STEP_MERGE));
	assert_true(rules->can_run(STEP_IF_ELSE));
	assert_true(rules->can_run(STEP_SWITCH));
	assert_true(rules->can_run(STEP_TRANSFORM));
	assert_true(rules->can_run(STEP_HUMAN));
	assert_false(rules->can_run(STEP_UNKNOWN));
	assert_true(rules->can_run(STEP_AGENT));
}

static bool outside(enum step_type type, const char *model)
{
	struct definition_step step = { .type = type, .model = model };

	return step_types_row(type)->outside(&step);
}

static void only_what_sends_nothing_is_inside(void **state)
{
	(void)state;
	assert_false(outside(STEP_PRINT, NULL));
	assert_false(outside(STEP_END, NULL));
	assert_false(outside(STEP_MERGE, NULL));
	assert_false(outside(STEP_IF_ELSE, NULL));
	assert_false(outside(STEP_SWITCH, NULL));
	assert_false(outside(STEP_TRANSFORM, NULL));
	step_transform_set_outside(true);
	assert_true(outside(STEP_TRANSFORM, NULL));
	step_transform_set_outside(false);
	assert_false(outside(STEP_LLM, "mock.echo"));
	assert_false(outside(STEP_LLM, "mock.tokens:5:5"));
	assert_true(outside(STEP_LLM, "gpt-4o"));
	assert_true(outside(STEP_LLM, NULL));
	assert_true(outside(STEP_HUMAN, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear_types_are_executed_and_others_are_not),
		cmocka_unit_test(only_what_sends_nothing_is_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
