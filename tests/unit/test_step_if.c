/* test_step_if.c - if_else steps, from the condition to where the path goes on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_if.h"

#include "base/str.h"
#include "engine/engine.h"
#include "memory_host.h"
#include "run/definition.h"
#include "run/state.h"

#include <string.h>

#define IF(condition, more)                                                              \
	"{\"id\":\"i\",\"name\":\"I\",\"type\":\"if_else\",\"if_condition\":" condition  \
	",\"output_key\":\"out\"" more "}"
#define PRINT(id)                                                                        \
	"{\"id\":\"" id "\",\"name\":\"" id                                              \
	"\",\"type\":\"print\",\"print_content\":\"" id "\",\"output_key\":\"at\"}"
#define ORCH(step)                                                                       \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"i\",\"steps\":[" step          \
	"," PRINT("yes") "," PRINT("no") "," PRINT("next") "]}"
#define TRUE_TO  ",\"if_true_step_id\":\"yes\""
#define FALSE_TO ",\"if_false_step_id\":\"no\""
#define NEXT     ",\"next_step_id\":\"next\""
#define BOTH     TRUE_TO FALSE_TO NEXT

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

static void again(void **state)
{
	(void)teardown(state);
	(void)setup(state);
}

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

static void a_condition_decides_and_says_so_twice(void **state)
{
	(void)state;
	run(ORCH(IF("\"state.total > 10\"", BOTH)), "{\"total\":11}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_state("\"out\":true,\"_if_decision_i\":\"true\",\"at\":\"yes\"");
	expect_event(
		"{\"type\":\"if_decision\",\"orch_step_id\":\"i\",\"step_name\":\"I\","
		"\"condition\":\"state.total > 10\",\"result\":\"true\",\"ts\":");
	expect_event("{\"type\":\"if_decision\",\"orch_step_id\":\"i\",\"decision\":"
		     "\"true\",\"target_step_id\":\"yes\",\"ts\":");
	assert_non_null(strstr(str_text(&host.types),
			       "step_start if_decision step_complete if_decision "
			       "step_start"));
	again(state);
	run(ORCH(IF("\"state.total > 10\"", BOTH)), "{\"total\":10}");
	expect_state("\"out\":false,\"_if_decision_i\":\"false\",\"at\":\"no\"");
	expect_event("\"decision\":\"false\",\"target_step_id\":\"no\"");
}

/* CONTRACT 13.32: a true decision never takes the false branch. */
static void a_branch_that_names_no_step_is_the_next_one(void **state)
{
	static const struct {
		const char *definition;
		const char *target;
		const char *last;
	} rows[] = {
		{ ORCH(IF("\"1\"", FALSE_TO NEXT)), "\"next\"", "\"at\":\"next\"" },
		{ ORCH(IF("\"0\"", TRUE_TO NEXT)), "\"next\"", "\"at\":\"next\"" },
		{ ORCH(IF("\"1\"", FALSE_TO)), "null", "\"out\":true" },
		{ ORCH(IF("\"0\"", TRUE_TO)), "null", "\"out\":false" },
	};
	struct str want = STR_INIT;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		run(rows[i].definition, NULL);
		assert_int_equal(host.final->status, RUN_COMPLETED);
		expect_state(rows[i].last);
		str_reset(&want, 0);
		str_printf(&want, "\"target_step_id\":%s,", rows[i].target);
		expect_event(str_text(&want));
		assert_null(strstr(str_text(&host.final->state), "\"at\":\"no\""));
		again(state);
	}
	str_deinit(&want);
}

static void an_empty_condition_is_false_with_a_warning(void **state)
{
	static const char *const definitions[] = {
		ORCH(IF("null", BOTH)),
		ORCH(IF("\"\"", BOTH)),
		ORCH(IF("\" \\n\"", BOTH)),
	};
	size_t i;

	for (i = 0; i < COUNT(definitions); i++) {
		run(definitions[i], NULL);
		assert_int_equal(host.final->status, RUN_COMPLETED);
		expect_event("{\"type\":\"step_warning\",\"orch_step_id\":\"i\","
			     "\"message\":\"if_condition is empty\"");
		expect_state("\"out\":false,\"_if_decision_i\":\"false\",\"at\":\"no\"");
		again(state);
	}
}

static void what_cannot_be_answered_is_false_with_a_warning(void **state)
{
	(void)state;
	run(ORCH(IF("\"state.user_input > 1\"", BOTH)), NULL);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_event("\"message\":\"if_condition: '>' is not defined between 'str' and "
		     "'int', column 18\"");
	expect_state("\"out\":false,\"_if_decision_i\":\"false\",\"at\":\"no\"");
	again(state);
	/* never saved so: validation refuses it */
	run(ORCH(IF("\"open('x')\"", BOTH)), NULL);
	expect_event(
		"\"message\":\"if_condition: 'open' is not available in expressions, "
		"column 1\"");
	expect_state("\"at\":\"no\"");
}

static void too_much_work_fails_the_step(void **state)
{
	(void)state;
	run(ORCH(IF("\"'x' * 10**12 == 1\"", BOTH)), NULL);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_event("\"error_class\":\"limit\"");
	assert_non_null(strstr(str_text(&host.final->error), "more time or memory"));
}

static void a_state_without_room_fails_the_step(void **state)
{
	struct engine_limits limits = host.engine->limits;

	limits.state_max = 70; /* the inputs, the output, and not the decision */
	memory_deinit(&host);
	memory_init(&host, &limits);
	run(ORCH(IF("\"1\"", BOTH)), "{\"x\":\"yyyyyyyyyyyyyyyyy\"}");
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.final->error), "'_if_decision_i'"));
	(void)state;
}

static void the_guard_holds_for_targets_too(void **state)
{
	static const char round[] =
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"p\",\"steps\":["
		"{\"id\":\"p\",\"name\":\"P\",\"type\":\"print\",\"print_content\":\"p\","
		"\"max_iterations\":2,\"next_step_id\":\"i\"},"
		"{\"id\":\"i\",\"name\":\"I\",\"type\":\"if_else\",\"if_condition\":\"1\","
		"\"max_iterations\":9,\"if_true_step_id\":\"p\","
		"\"if_false_step_id\":\"e\"},"
		"{\"id\":\"e\",\"name\":\"E\",\"type\":\"end\"}]}";

	(void)state;
	run(round, NULL);
	expect_event("{\"type\":\"loop_limit_reached\",\"orch_step_id\":\"p\"");
	assert_non_null(strstr(str_text(&host.types),
			       "step_complete if_decision loop_limit_reached"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_condition_decides_and_says_so_twice),
		TEST(a_branch_that_names_no_step_is_the_next_one),
		TEST(an_empty_condition_is_false_with_a_warning),
		TEST(what_cannot_be_answered_is_false_with_a_warning),
		TEST(too_much_work_fails_the_step),
		TEST(a_state_without_room_fails_the_step),
		TEST(the_guard_holds_for_targets_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
