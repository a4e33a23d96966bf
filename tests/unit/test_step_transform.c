/* test_step_transform.c - transform steps: what is asked for, and what becomes of it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_transform.h"

#include "base/str.h"
#include "engine/engine.h"
#include "memory_host.h"

#include <string.h>

#define STEP(code, more)                                                                 \
	"{\"id\":\"t\",\"name\":\"T\",\"type\":\"transform\",\"transform_code\":\"" code \
	"\",\"output_key\":\"out\"" more "}"
#define ORCH(step)                                                                       \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"t\",\"steps\":[" step "]}"

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

static void expect_event(const char *fields)
{
	if (!strstr(str_text(&host.events), fields))
		fail_msg("%s is not in %s", fields, str_text(&host.events));
}

static void expect_state(const char *part)
{
	if (!strstr(str_text(&host.final->state), part))
		fail_msg("%s is not in %s", part, str_text(&host.final->state));
}

static void it_asks_with_the_state_and_the_result_is_the_output(void **state)
{
	struct exec *exec =
		memory_run(&host, ORCH(STEP("result = 1", "")), "{\"n\":[1]}");
	const struct code_request *request;

	(void)state;
	(void)memory_pump(&host);
	assert_non_null(host.code);
	request = &host.code->request;
	assert_string_equal(request->code, "result = 1");
	assert_int_equal(request->code_len, 10);
	assert_non_null(strstr(request->state, "\"user_input\":\"hello\""));
	assert_non_null(strstr(request->state, "\"n\":[1]"));
	assert_int_equal(request->state_len, strlen(request->state));
	assert_int_equal(request->deadline_mono_ms, 5000 + 300000);
	memory_execute(&host, FAIL_NONE, "{\"a\":1}", "{'a': 1}");
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_event("{\"type\":\"transform_result\",\"orch_step_id\":\"t\",\"result\":"
		     "\"{'a': 1}\",\"ts\":");
	expect_state("\"out\":{\"a\":1}");
	exec_free(exec);
}

static void no_result_leaves_the_key_as_it_was(void **state)
{
	struct exec *exec =
		memory_run(&host, ORCH(STEP("x = 1", "")), "{\"out\":\"before\"}");

	(void)state;
	(void)memory_pump(&host);
	memory_execute(&host, FAIL_NONE, "null", "None");
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_event(
		"\"type\":\"transform_result\",\"orch_step_id\":\"t\",\"result\":null");
	expect_state("\"out\":\"before\"");
	exec_free(exec);
}

static void what_failed_fails_the_step_with_its_class(void **state)
{
	struct exec *exec = memory_run(&host, ORCH(STEP("x", "")), NULL);

	(void)state;
	(void)memory_pump(&host);
	memory_execute(&host, FAIL_JOB, "", "NameError: x (line 1)");
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_event(
		"\"type\":\"step_error\",\"orch_step_id\":\"t\",\"error\":\"Step 'T': "
		"NameError: x (line 1)\",\"error_class\":\"job\"");
	exec_free(exec);
}

static void a_helper_that_died_is_tried_again_if_the_step_says_so(void **state)
{
	struct exec *exec = memory_run(
		&host, ORCH(STEP("x", ",\"retry\":{\"max\":1,\"backoff_ms\":0}")), NULL);

	(void)state;
	(void)memory_pump(&host);
	memory_execute(&host, FAIL_TOOL, "", "python was ended by signal 9");
	(void)memory_pump(&host);
	assert_non_null(host.code);
	memory_execute(&host, FAIL_NONE, "2", "2");
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_state("\"out\":2");
	exec_free(exec);
}

static void its_time_ends_the_call(void **state)
{
	struct exec *exec =
		memory_run(&host, ORCH(STEP("x", ",\"timeout_seconds\":1700")), NULL);

	(void)state;
	(void)memory_pump(&host);
	(void)memory_wait(&host, 1699999);
	assert_non_null(host.code);
	assert_int_equal(host.abandoned, 0);
	(void)memory_wait(&host, 1);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_event("Step 'T' timed out after 1700s");
	exec_free(exec);
}

static void a_cancel_ends_the_call(void **state)
{
	struct exec *exec = memory_run(&host, ORCH(STEP("x", "")), NULL);

	(void)state;
	(void)memory_pump(&host);
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	exec_free(exec);
}

static void a_result_that_is_too_large_is_a_limit(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;
	struct exec *exec;

	(void)state;
	memory_deinit(&host);
	limits.output_max = 8;
	memory_init(&host, &limits);
	exec = memory_run(&host, ORCH(STEP("x", "")), NULL);
	(void)memory_pump(&host);
	assert_int_equal(host.code->request.answer_max, 8);
	memory_execute(&host, FAIL_NONE, "\"12345678\"", "12345678");
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_event("\"error_class\":\"limit\"");
	exec_free(exec);
}

static void without_code_there_is_a_warning_and_no_call(void **state)
{
	struct exec *exec = memory_run(&host, ORCH(STEP("", "")), NULL);

	(void)state;
	assert_int_equal(memory_pump(&host), -1);
	assert_null(host.code);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_event("transform_code is empty");
	exec_free(exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_asks_with_the_state_and_the_result_is_the_output),
		TEST(no_result_leaves_the_key_as_it_was),
		TEST(what_failed_fails_the_step_with_its_class),
		TEST(a_helper_that_died_is_tried_again_if_the_step_says_so),
		TEST(its_time_ends_the_call),
		TEST(a_cancel_ends_the_call),
		TEST(a_result_that_is_too_large_is_a_limit),
		TEST(without_code_there_is_a_warning_and_no_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
