/* test_prompt.c - what a model is told */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/prompt.h"

#include "memory_host.h"
#include "run/definition.h"

#include <stdio.h>
#include <string.h>

static struct memory_host host;
static struct str out;

static int setup(void **state)
{
	(void)state;
	memory_init(&host, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	memory_deinit(&host);
	str_deinit(&out);
	return 0;
}

static void long_values_keep_their_head_and_tail(void **state)
{
	static const char definition[] =
		"{\"id\":\"o\",\"name\":\"O\",\"description\":\"The aim.\",\"steps\":[{\"id\":\"a\","
		"\"name\":\"A\",\"type\":\"llm\",\"input_keys\":[\"k\"]}]}";
	struct str inputs = STR_INIT;
	struct exec *exec;
	int i;

	(void)state;
	str_add_text(&inputs, "{\"k\":\"");
	for (i = 0; i < 2000; i++)
		str_printf(&inputs, "%04d.", i);
	str_add_text(&inputs, "\"}");
	exec = memory_run(&host, definition, str_text(&inputs));
	prompt_system(exec, exec->scope, &exec->definition->steps[0], &out);
	assert_non_null(strstr(str_text(&out), "Goal of the workflow: The aim.\n"));
	assert_non_null(strstr(str_text(&out), "[k]\n0000.0001."));
	assert_non_null(strstr(str_text(&out), " characters left out ...]\n"));
	assert_non_null(strstr(str_text(&out), ".1999.\n"));
	assert_true(out.len < 6000);
	exec_free(exec);
	str_deinit(&inputs);
}

static void a_map_of_many_steps_is_bounded(void **state)
{
	struct str definition = STR_INIT;
	struct exec *exec;
	int i;

	(void)state;
	str_add_text(&definition, "{\"id\":\"o\",\"name\":\"O\",\"steps\":[");
	for (i = 0; i < 300; i++)
		str_printf(&definition,
			   "%s{\"id\":\"s%d\",\"name\":\"S%d\",\"type\":\"end\"}",
			   i ? "," : "", i, i);
	str_add_text(&definition, "]}");
	exec = memory_run(&host, str_text(&definition), NULL);
	prompt_system(exec, exec->scope, &exec->definition->steps[0], &out);
	assert_non_null(
		strstr(str_text(&out), "1. S0 (end)   <- this step\n2. S1 (end)\n"));
	assert_non_null(strstr(str_text(&out), "50. S49 (end)\n... and 250 more\n"));
	exec_free(exec);
	str_deinit(&definition);
}

static void a_task_beyond_the_bound_is_refused(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;
	struct err err;
	struct exec *exec;

	(void)state;
	memory_deinit(&host);
	limits.output_max = 4;
	memory_init(&host, &limits);
	exec = memory_run(
		&host,
		"{\"id\":\"o\",\"name\":\"O\",\"steps\":[{\"id\":\"a\",\"name\":\"A\","
		"\"type\":\"llm\"},{\"id\":\"b\",\"name\":\"B\",\"type\":\"llm\","
		"\"prompt_template\":\"{state.user_input}\"}]}",
		NULL);
	assert_int_equal(
		prompt_task(exec, exec->scope, &exec->definition->steps[0], &out, &err),
		ERR_LIMIT);
	assert_int_equal(
		prompt_task(exec, exec->scope, &exec->definition->steps[1], &out, &err),
		ERR_LIMIT);
	exec_free(exec);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(long_values_keep_their_head_and_tail),
		TEST(a_map_of_many_steps_is_bounded),
		TEST(a_task_beyond_the_bound_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
