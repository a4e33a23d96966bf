/* test_agent.c - agents as they are stored */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/agent.h"

#include "base/err.h"

#include <string.h>

static struct agent *read_good(const char *text)
{
	struct agent *agent = NULL;
	struct problems problems;

	problem_init(&problems);
	if (agent_parse(text, strlen(text), &agent, &problems) < 0)
		fail_msg("%s: %s", problems.kept[0].where, problems.kept[0].text);
	problem_deinit(&problems);
	return agent;
}

static void all_fields_are_read(void **state)
{
	struct agent *agent = read_good(
		"{\"id\":\"a\",\"name\":\"Ann\",\"description\":\"d\",\"avatar\":\"x\","
		"\"type\":\"delegate\",\"tools\":[\"t1\",\"\",\"all\",\"t2\"],"
		"\"system_prompt\":\"s\",\"model\":\"mock.echo\",\"max_turns\":7,"
		"\"orchestration_id\":\"o\",\"delegate_agent_ids\":[\"b\",\"c\"],"
		"\"repos\":[{}]}");

	(void)state;
	assert_string_equal(agent->id, "a");
	assert_string_equal(agent->name, "Ann");
	assert_string_equal(agent->description, "d");
	assert_int_equal(agent->type, AGENT_DELEGATE);
	assert_true(agent->all_tools);
	assert_int_equal(agent->tools_count, 2);
	assert_string_equal(agent->tools[0], "t1");
	assert_string_equal(agent->tools[1], "t2");
	assert_string_equal(agent->system_prompt, "s");
	assert_string_equal(agent->model, "mock.echo");
	assert_string_equal(agent->orchestration_id, "o");
	assert_int_equal(agent->max_turns, 7);
	assert_int_equal(agent->delegates_count, 2);
	assert_string_equal(agent->delegates[1], "c");
	agent_unref(agent_ref(agent));
	agent_unref(agent);
}

static void what_is_not_said_has_a_value(void **state)
{
	struct agent *agent = read_good(
		"{\"id\":\"a\",\"name\":\"Ann\",\"model\":\"Default\",\"type\":\"poet\"}");

	(void)state;
	assert_string_equal(agent->description, "");
	assert_string_equal(agent->system_prompt, "");
	assert_int_equal(agent->type, AGENT_CONVERSATIONAL);
	assert_null(agent->model);
	assert_false(agent->all_tools);
	assert_int_equal(agent->tools_count, 0);
	assert_int_equal(agent->max_turns, 0);
	agent_unref(agent);
}

#define A "{\"id\":\"a\",\"name\":\"Ann\","

static void what_does_not_fit_is_a_problem_with_its_place(void **state)
{
	static const struct {
		const char *text, *where, *why;
	} cases[] = {
		{ "[]", "", "must be an object, not array" },
		{ "{", "", "not JSON: " },
		{ "{\"name\":\"n\"}", "/id", "is missing" },
		{ "{\"id\":\"\",\"name\":\"n\"}", "/id", "must not be empty" },
		{ "{\"id\":\"a\",\"name\":7}", "/name", "must be a string, not integer" },
		{ A "\"tools\":\"all\"}", "/tools", "must be an array, not string" },
		{ A "\"tools\":[7]}", "/tools", "must be a string, not integer" },
		{ A "\"system_prompt\":\"\\u0000\"}", "/system_prompt", "U+0000" },
		{ A "\"max_turns\":1.5}", "/max_turns",
		  "must be an integer, not a fraction" },
		{ A "\"max_turns\":1001}", "/max_turns", "must be 0..1000" },
		{ A "\"type\":\"orchestrator\"}", "/orchestration_id", "is missing" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct agent *agent = NULL;
		struct problems problems;

		problem_init(&problems);
		assert_int_equal(agent_parse(cases[i].text, strlen(cases[i].text), &agent,
					     &problems),
				 ERR_INPUT);
		assert_null(agent);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.kept[0].where, cases[i].where);
		if (!strstr(problems.kept[0].text, cases[i].why))
			fail_msg("%s: %s", cases[i].text, problems.kept[0].text);
		problem_deinit(&problems);
	}
}

static void a_model_that_nobody_serves_is_a_warning(void **state)
{
	static const char text[] = A "\"model\":\"gpt-4o\"}";
	struct agent *agent = NULL;
	struct problems problems;

	(void)state;
	problem_init(&problems);
	assert_int_equal(agent_parse(text, strlen(text), &agent, &problems), 0);
	assert_int_equal(problems.warnings, 1);
	assert_string_equal(problems.warned[0].where, "/model");
	problem_deinit(&problems);
	agent_unref(agent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields_are_read),
		cmocka_unit_test(what_is_not_said_has_a_value),
		cmocka_unit_test(what_does_not_fit_is_a_problem_with_its_place),
		cmocka_unit_test(a_model_that_nobody_serves_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
