/* test_prompt.c - what a model is told */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/prompt.h"

#include "base/fdutil.h"
#include "base/mem.h"
#include "engine/scope.h"
#include "memory_host.h"
#include "run/definition.h"

#include <stdio.h>
#include <stdlib.h>
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
	prompt_system(exec->scope, "a", &exec->scope->definition->steps[0], &out);
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
	prompt_system(exec->scope, "a", &exec->scope->definition->steps[0], &out);
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
	assert_int_equal(prompt_task(exec, exec->scope,
				     &exec->scope->definition->steps[0], &out, &err),
			 ERR_LIMIT);
	assert_int_equal(prompt_task(exec, exec->scope,
				     &exec->scope->definition->steps[1], &out, &err),
			 ERR_LIMIT);
	exec_free(exec);
}

/* ---- golden files: what a model is told, whole ---- */

/* Compare with tests/unit/golden/<name>; with SYNAPSED_TEST_UPDATE it is written. */
static void expect_golden(const char *name, const struct str *text)
{
	const char *top = getenv("SYN_TOP_SRCDIR");
	struct str path = STR_INIT;
	char *want = NULL;
	size_t len = 0;
	struct err err;
	FILE *fp;

	str_printf(&path, "%s/tests/unit/golden/%s", top ? top : ".", name);
	if (getenv("SYNAPSED_TEST_UPDATE")) {
		fp = fopen(str_text(&path), "w");
		assert_non_null(fp);
		(void)fwrite(str_text(text), 1, text->len, fp);
		(void)fclose(fp);
	}
	if (fdutil_read_file(str_text(&path), 1 << 20, &want, &len, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(len, text->len);
	assert_memory_equal(want, str_text(text), len);
	mem_free(want);
	str_deinit(&path);
}

static void answer(const char *tool, const char *text)
{
	assert_int_equal(host.calls_count, 1);
	if (tool)
		str_add_text(&host.calls[0]->answer.tool, tool);
	memory_answer(&host, 0, FAIL_NONE, text);
	(void)memory_pump(&host);
}

#define REVISED                                                                                 \
	"{\"id\":\"o\",\"name\":\"Report\",\"description\":\"A good report.\","                 \
	"\"entry_step_id\":\"w\",\"steps\":["                                                   \
	"{\"id\":\"w\",\"name\":\"Write\",\"type\":\"llm\",\"model\":\"mock.echo\","            \
	"\"prompt_template\":\"Write about {{topic}}\",\"output_key\":\"draft\","               \
	"\"input_keys\":[\"user_input\",\"topic\",\"notes\"],\"next_step_id\":\"j\"" MORE       \
	"},{\"id\":\"j\",\"name\":\"Judge\",\"type\":\"evaluator\",\"model\":\"mock.echo\","    \
	"\"input_keys\":[\"draft\"],\"evaluator_prompt\":\"Good?\",\"output_key\":\"verdict\"," \
	"\"route_map\":{\"again\":\"w\",\"done\":null}}]}"
#define INPUTS "{\"topic\":\"tea\",\"notes\":[\"green\",\"black\"]}"

static struct exec *revise(const char *definition)
{
	struct exec *exec;

	host.hold_calls = true;
	exec = memory_run(&host, definition, INPUTS);
	(void)memory_pump(&host);
	return exec;
}

#define MORE ""
static void a_step_that_is_judged_and_done_again_knows_why(void **state)
{
	struct exec *exec = revise(REVISED);

	(void)state;
	expect_golden("prompt_first.txt", &host.prompts);
	answer(NULL, "Tea is green.");
	expect_golden("prompt_judge.txt", &host.prompts);
	answer("route_again", "{\"reasoning\":\"Black tea is missing.\"}");
	expect_golden("prompt_second.txt", &host.prompts);
	answer(NULL, "Tea is green or black.");
	answer("route_again", "{\"reasoning\":\"Too short.\"}");
	expect_golden("prompt_third.txt", &host.prompts);
	exec_free(exec);
}
#undef MORE

#define MORE ",\"include_full_history\":false"
static void without_the_full_history_the_last_attempt_is_told(void **state)
{
	struct exec *exec = revise(REVISED);

	(void)state;
	answer(NULL, "one");
	answer("route_again", "{}");
	answer(NULL, "two");
	answer("route_again", "{}");
	assert_non_null(
		strstr(str_text(&host.prompts), "Last attempt:\n\nExecution 2:\n"));
	assert_null(strstr(str_text(&host.prompts), "Execution 1:"));
	exec_free(exec);
}
#undef MORE

static void an_iteration_knows_the_results_of_those_before(void **state)
{
	struct exec *exec = revise(
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"l\",\"steps\":["
		"{\"id\":\"l\",\"name\":\"Loop\",\"type\":\"loop\",\"loop_count\":3,"
		"\"loop_step_ids\":[\"a b\"]},{\"id\":\"a b\",\"name\":\"Idea\",\"type\":\"llm\","
		"\"model\":\"mock.echo\",\"output_key\":\"idea\"}]}");

	(void)state;
	answer(NULL, "first\nidea");
	answer(NULL, "second");
	expect_golden("prompt_loop.txt", &host.prompts);
	answer(NULL, "third");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void what_is_remembered_is_bounded(void **state)
{
	struct str inputs = STR_INIT;
	const struct state_pair *pair;
	struct exec *exec;
	int i;

	(void)state;
	exec = revise(
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"l\",\"steps\":["
		"{\"id\":\"l\",\"name\":\"Loop\",\"type\":\"loop\",\"loop_count\":12,"
		"\"loop_step_ids\":[\"a\"]},{\"id\":\"a\",\"name\":\"A\",\"type\":\"llm\","
		"\"input_keys\":[\"user_input\"],\"model\":\"mock.echo\"}]}");
	for (i = 0; i < 5000; i++)
		str_add_text(&inputs, "long ");
	for (i = 0; i < 11; i++)
		answer(NULL, str_text(&inputs));
	pair = state_get(&exec->scope->state, "_exec_memory_a");
	assert_true(pair->json_len < 10 * 3000);
	assert_non_null(strstr(pair->json,
			       "[{\"execution\":2,\"agent\":\"A\",\"origin\":"
			       "{\"type\":\"loop\",\"routing_decision\":null"));
	assert_non_null(strstr(pair->json, "{\"execution\":11,"));
	exec_free(exec);
	str_deinit(&inputs);
}

static void a_step_that_comes_once_remembers_nothing(void **state)
{
	struct exec *exec = revise(
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\",\"steps\":["
		"{\"id\":\"a\",\"name\":\"A\",\"type\":\"llm\",\"model\":\"mock.echo\"}]}");

	(void)state;
	answer(NULL, "x");
	assert_null(strstr(str_text(&host.final->state), "_exec_memory_"));
	exec_free(exec);
}

static void an_agent_knows_itself_its_rules_and_its_turns(void **state)
{
	const struct memory_call calls[] = { { "c1", "look", "{}" },
					     { NULL, NULL, NULL } };
	struct tool_answer found = { .class = FAIL_NONE };
	struct exec *exec;

	(void)state;
	str_add_text(&found.text, "tea");
	host.agent = "{\"id\":\"ann\",\"name\":\"Ann\",\"tools\":[\"look\"],"
		     "\"system_prompt\":\"You are careful.\"}";
	host.tool_name = "look";
	host.tool_schema = "{}";
	host.tool_answer = &found;
	exec = revise(
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\",\"steps\":["
		"{\"id\":\"a\",\"name\":\"A\",\"type\":\"agent\",\"agent_id\":\"ann\","
		"\"model\":\"mock.echo\",\"input_keys\":[\"notes\"]}]}");
	memory_answer_calls(&host, 0, "Let me see.", calls);
	(void)memory_pump(&host);
	expect_golden("prompt_agent.txt", &host.prompts);
	exec_free(exec);
	str_deinit(&found.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(long_values_keep_their_head_and_tail),
		TEST(a_map_of_many_steps_is_bounded),
		TEST(a_task_beyond_the_bound_is_refused),
		TEST(a_step_that_is_judged_and_done_again_knows_why),
		TEST(without_the_full_history_the_last_attempt_is_told),
		TEST(an_iteration_knows_the_results_of_those_before),
		TEST(what_is_remembered_is_bounded),
		TEST(a_step_that_comes_once_remembers_nothing),
		TEST(an_agent_knows_itself_its_rules_and_its_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
