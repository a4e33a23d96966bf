/* test_history.c - what a run's steps did, and the answer that follows from it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/history.h"

#include "base/arena.h"
#include "run/definition.h"
#include "run/outcome.h"
#include "run/state.h"

#include <string.h>

static struct definition *definition;
static struct arena arena;
static struct history history;

static int setup(void **unused)
{
	static const char text[] =
		"{\"id\":\"o\",\"name\":\"n\",\"steps\":["
		"{\"id\":\"a\",\"name\":\"A\\\"\",\"type\":\"print\",\"output_key\":\"ka\"},"
		"{\"id\":\"b\",\"name\":\"B\",\"type\":\"llm\"},"
		"{\"id\":\"c\",\"name\":\"C\",\"type\":\"print\",\"output_key\":\"kc\"}]}";
	struct problems problems;

	(void)unused;
	problem_init(&problems);
	assert_int_equal(definition_parse(text, sizeof(text) - 1, &definition, &problems),
			 0);
	problem_deinit(&problems);
	arena_init(&arena);
	history_init(&history, &arena, definition);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	arena_deinit(&arena);
	definition_unref(definition);
	return 0;
}

static void add(int step, enum fail_class class, const char *error)
{
	history_add(&history, &arena, &definition->steps[step], 1780000000123,
		    1780000001543, 1420, class, error);
}

static void entries_have_the_form_of_the_contract(void **unused)
{
	struct str out = STR_INIT;

	(void)unused;
	history_print(&history, &out);
	assert_string_equal(str_text(&out), "[]");
	str_reset(&out, 0);
	add(0, FAIL_NONE, NULL);
	add(1, FAIL_PROVIDER, "no \"answer\"");
	history_print(&history, &out);
	assert_string_equal(
		str_text(&out),
		"[{\"step_id\":\"a\",\"step_name\":\"A\\\"\",\"step_type\":\"print\","
		"\"status\":\"completed\",\"started_at\":\"2026-05-28T20:26:40Z\","
		"\"ended_at\":\"2026-05-28T20:26:41Z\",\"duration_seconds\":1.42,"
		"\"output_key\":\"ka\"},"
		"{\"step_id\":\"b\",\"step_name\":\"B\",\"step_type\":\"llm\","
		"\"status\":\"failed\",\"error\":\"no \\\"answer\\\"\","
		"\"error_class\":\"provider\"}]");
	str_deinit(&out);
}

static void executions_are_counted_by_step(void **unused)
{
	(void)unused;
	add(0, FAIL_NONE, NULL);
	add(2, FAIL_NONE, NULL);
	add(0, FAIL_JOB, "x");
	assert_int_equal(history.count, 3);
	assert_int_equal(history_count(&history, &definition->steps[0]), 2);
	assert_int_equal(history_count(&history, &definition->steps[1]), 0);
	assert_int_equal(history_count(&history, &definition->steps[2]), 1);
}

static void a_long_error_is_cut_between_characters(void **unused)
{
	char text[4001];
	size_t i;

	(void)unused;
	text[0] = 'x';
	for (i = 1; i < 3999; i += 2)
		memcpy(text + i, "\xC3\xA4", 2);
	text[3999] = '\0';
	add(0, FAIL_JOB, text);
	assert_int_equal(strlen(history.newest->error), 1999);
}

static void seconds_have_two_decimals(void **unused)
{
	char buf[HISTORY_SECONDS_MAX];

	(void)unused;
	assert_string_equal(history_seconds(0, buf), "0.00");
	assert_string_equal(history_seconds(4, buf), "0.00");
	assert_string_equal(history_seconds(5, buf), "0.01");
	assert_string_equal(history_seconds(1999, buf), "2.00");
	assert_string_equal(history_seconds(86400000, buf), "86400.00");
}

static void expect_answer(const struct state *state, size_t max, const char *want)
{
	struct str out = STR_INIT;

	outcome_ended(&out, &history, state, max);
	assert_string_equal(str_text(&out), want);
	str_deinit(&out);
}

static void the_newest_true_output_is_the_answer(void **unused)
{
	struct state state;

	(void)unused;
	state_init(&state, 0);
	add(0, FAIL_NONE, NULL);
	add(1, FAIL_NONE, NULL);
	expect_answer(&state, 100, "Orchestration completed: 2 steps executed.");
	(void)state_set(&state, "ka", "\"from a\"", 8, NULL);
	add(2, FAIL_NONE, NULL);
	expect_answer(&state, 100, "from a"); /* kc is not there */
	(void)state_set(&state, "kc", "\"\"", 2, NULL);
	expect_answer(&state, 100, "from a"); /* kc is not true */
	(void)state_set(&state, "kc", "[1]", 3, NULL);
	expect_answer(&state, 100, "[1]");
	add(0, FAIL_NONE, NULL);
	expect_answer(&state, 100, "from a");
	expect_answer(&state, 4, "from");
	state_deinit(&state);
}

static void one_step_is_told_in_the_singular(void **unused)
{
	struct state state;

	(void)unused;
	state_init(&state, 0);
	add(1, FAIL_NONE, NULL);
	expect_answer(&state, 100, "Orchestration completed: 1 step executed.");
	state_deinit(&state);
}

static void a_failed_run_answers_with_its_reason(void **unused)
{
	struct str out = STR_INIT;

	(void)unused;
	outcome_failed(&out, "the model is away", 28);
	assert_string_equal(str_text(&out), "Orchestration failed: the mo");
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(entries_have_the_form_of_the_contract,
						setup, teardown),
		cmocka_unit_test_setup_teardown(executions_are_counted_by_step, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_long_error_is_cut_between_characters,
						setup, teardown),
		cmocka_unit_test(seconds_have_two_decimals),
		cmocka_unit_test_setup_teardown(the_newest_true_output_is_the_answer,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_step_is_told_in_the_singular, setup,
						teardown),
		cmocka_unit_test(a_failed_run_answers_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
