/* test_step_switch.c - switch steps, from the value to where the path goes on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_switch.h"

#include "base/str.h"
#include "engine/engine.h"
#include "memory_host.h"
#include "run/definition.h"
#include "run/state.h"

#include <string.h>

#define SWITCH(expression, more)                                                         \
	"{\"id\":\"w\",\"name\":\"W\",\"type\":\"switch\",\"switch_expression\":"        \
	"\"" expression "\",\"output_key\":\"out\",\"next_step_id\":\"next\"" more "}"
#define PRINT(id)                                                                        \
	"{\"id\":\"" id "\",\"name\":\"" id                                              \
	"\",\"type\":\"print\",\"print_content\":\"" id "\",\"output_key\":\"at\"}"
#define ORCH(step)                                                                       \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"w\",\"steps\":[" step          \
	"," PRINT("one") "," PRINT("other") "," PRINT("next") "]}"
#define CASES(text) ",\"switch_cases\":{" text "}"
#define DEFAULT     ",\"switch_default_step_id\":\"other\""

static struct memory_host host;

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
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

static void run(const char *definition, const char *inputs)
{
	struct exec *exec = memory_run(&host, definition, inputs);

	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
}

static void expect_state(const char *part)
{
	if (!strstr(str_text(&host.final->state), part))
		fail_msg("%s is not in %s", part, str_text(&host.final->state));
}

static void expect_event(const char *fields)
{
	if (!strstr(str_text(&host.events), fields))
		fail_msg("%s is not in %s", fields, str_text(&host.events));
}

static void a_matching_case_decides_and_says_so_twice(void **state)
{
	(void)state;
	run(ORCH(SWITCH("state.lang.lower()", CASES("\"en\":\"other\",\"fr\":\"one\""))),
	    "{\"lang\":\"FR\"}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_state("\"out\":\"fr\",\"_switch_decision_w\":\"fr\",\"at\":\"one\"");
	expect_event("{\"type\":\"switch_decision\",\"orch_step_id\":\"w\",\"step_name\":"
		     "\"W\",\"expression\":\"state.lang.lower()\",\"value\":\"fr\","
		     "\"matched_case\":\"fr\",\"ts\":");
	expect_event("{\"type\":\"switch_decision\",\"orch_step_id\":\"w\","
		     "\"matched_case\":\"fr\",\"target_step_id\":\"one\",\"ts\":");
	assert_non_null(strstr(str_text(&host.types),
			       "step_start switch_decision step_complete switch_decision "
			       "step_start"));
}

static void values_are_matched_as_python_prints_them(void **state)
{
	static const struct {
		const char *definition;
		const char *output;
	} rows[] = {
		{ ORCH(SWITCH("1 < 2", CASES("\"True\":\"one\""))), "true" },
		{ ORCH(SWITCH("None", CASES("\"None\":\"one\""))), "null" },
		{ ORCH(SWITCH("6 / 2", CASES("\"3.0\":\"one\",\"3\":\"other\""))),
		  "3.0" },
		{ ORCH(SWITCH("[1, 'a', None]", CASES("\"[1, 'a', None]\":\"one\""))),
		  "[1,\"a\",null]" },
		{ ORCH(SWITCH("{'a': (1,)}", CASES("\"{'a': (1,)}\":\"one\""))),
		  "{\"a\":[1]}" },
		{ ORCH(SWITCH("''", CASES("\"\":\"one\""))), "\"\"" },
	};
	struct str want = STR_INIT;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		run(rows[i].definition, NULL);
		str_reset(&want, 0);
		str_printf(&want, "\"out\":%s,\"_switch_decision_w\":\"", rows[i].output);
		expect_state(str_text(&want));
		expect_state("\"at\":\"one\"");
		(void)teardown(state);
		(void)setup(state);
	}
	str_deinit(&want);
}

static void without_a_match_it_is_the_default(void **state)
{
	static const struct {
		const char *definition;
		const char *matched;
		const char *target;
	} rows[] = {
		{ ORCH(SWITCH("1", CASES("\"2\":\"one\"") DEFAULT)), "null",
		  "\"other\"" },
		{ ORCH(SWITCH("1", CASES("\"2\":\"one\""))), "null", "null" },
		{ ORCH(SWITCH("1", CASES("\"1\":null") DEFAULT)), "\"1\"", "null" },
		{ ORCH(SWITCH("1", CASES("\"1\":\"\"") DEFAULT)), "\"1\"", "null" },
		{ ORCH(SWITCH("1", DEFAULT)), "null", "\"other\"" },
		{ ORCH(SWITCH("1", CASES("") DEFAULT)), "null", "\"other\"" },
		{ ORCH(SWITCH("1", "")), "null", "\"next\"" },
	};
	struct str want = STR_INIT;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		run(rows[i].definition, NULL);
		assert_int_equal(host.final->status, RUN_COMPLETED);
		str_reset(&want, 0);
		str_printf(&want, "\"matched_case\":%s,\"target_step_id\":%s,",
			   rows[i].matched, rows[i].target);
		expect_event(str_text(&want));
		(void)teardown(state);
		(void)setup(state);
	}
	str_deinit(&want);
}

static void what_has_no_value_is_none_with_a_warning(void **state)
{
	static const struct {
		const char *definition;
		const char *warning;
	} rows[] = {
		{ ORCH(SWITCH("", CASES("\"None\":\"one\""))),
		  "switch_expression is empty" },
		{ ORCH(SWITCH("1 / 0", CASES("\"None\":\"one\""))),
		  "switch_expression: division by zero, column 3" },
		{ ORCH(SWITCH("float('inf')", CASES("\"None\":\"one\""))),
		  "the result: the result holds a number that is not finite, column 1" },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		run(rows[i].definition, NULL);
		assert_int_equal(host.final->status, RUN_COMPLETED);
		expect_event(rows[i].warning);
		expect_state(
			"\"out\":null,\"_switch_decision_w\":\"None\",\"at\":\"one\"");
		(void)teardown(state);
		(void)setup(state);
	}
}

static void a_value_is_stored_without_what_postgres_refuses(void **state)
{
	(void)state;
	run(ORCH(SWITCH("'a\\\\0b'", "")), NULL);
	expect_state("\"out\":\"a\xEF\xBF\xBD"
		     "b\"");
	expect_event("\"value\":\"a\xEF\xBF\xBD"
		     "b\"");
}

static void too_much_work_or_output_fails_the_step(void **state)
{
	struct engine_limits limits;

	run(ORCH(SWITCH("[0] * 10**12", "")), NULL);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_event("\"error_class\":\"limit\"");
	limits = host.engine->limits;
	limits.output_max = 100;
	memory_deinit(&host);
	memory_init(&host, &limits);
	run(ORCH(SWITCH("'x' * 101", "")), NULL);
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.final->error), "more than 100"));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_matching_case_decides_and_says_so_twice),
		TEST(values_are_matched_as_python_prints_them),
		TEST(without_a_match_it_is_the_default),
		TEST(what_has_no_value_is_none_with_a_warning),
		TEST(a_value_is_stored_without_what_postgres_refuses),
		TEST(too_much_work_or_output_fails_the_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
