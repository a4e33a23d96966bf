/* test_step_merge.c - merge steps, from the state they read to the event they leave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_merge.h"

#include "base/str.h"
#include "engine/engine.h"
#include "memory_host.h"
#include "run/definition.h"
#include "run/state.h"

#include <string.h>

#define PRINT(id, text, next)                                                            \
	"{\"id\":\"" id "\",\"name\":\"Step " id                                         \
	"\",\"type\":\"print\",\"print_content\":\"" text "\",\"output_key\":\"" id      \
	"\",\"next_step_id\":\"" next "\"}"
#define MERGE(strategy, keys)                                                            \
	"{\"id\":\"m\",\"name\":\"M\",\"type\":\"merge\",\"merge_strategy\":\"" strategy \
	"\",\"input_keys\":[" keys "],\"output_key\":\"out\"}"
#define ORCH(entry, steps)                                                               \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"" entry "\",\"steps\":[" steps \
	"]}"
#define TWO_PRINTS PRINT("a", "one \\\"1\\\"", "b") "," PRINT("b", "two", "m") ","

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

static void run(const char *definition, const char *inputs)
{
	struct exec *exec = memory_run(&host, definition, inputs);

	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
}

/* The merge's output, as its journal row has it. */
static void expect_output(const char *json)
{
	struct str want = STR_INIT;

	str_printf(&want, "[[\"set\",\"out\",%s]]\n", json);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	if (!strstr(str_text(&host.deltas), str_text(&want)))
		fail_msg("%s is not in %s", str_text(&want), str_text(&host.deltas));
	str_deinit(&want);
}

static void expect_event(const char *fields)
{
	if (!strstr(str_text(&host.events), fields))
		fail_msg("%s is not in %s", fields, str_text(&host.events));
}

static void a_list_names_the_source_of_each_value(void **state)
{
	(void)state;
	run(ORCH("a", TWO_PRINTS MERGE("list", "\"b\",\"a\"")), NULL);
	expect_output("[{\"source\":\"Step b (b)\",\"data\":\"two\"},"
		      "{\"source\":\"Step a (a)\",\"data\":\"one \\\"1\\\"\"}]");
	expect_event("{\"type\":\"merge_complete\",\"orch_step_id\":\"m\","
		     "\"input_count\":2,\"strategy\":\"list\",\"ts\":");
}

static void a_dict_has_each_value_under_its_label(void **state)
{
	(void)state;
	run(ORCH("a", TWO_PRINTS MERGE("dict", "\"a\",\"n\",\"user_input\"")),
	    "{\"n\":{\"x\":[1.50,null]}}");
	expect_output("{\"Step a (a)\":\"one \\\"1\\\"\",\"n\":{\"x\":[1.50,null]},"
		      "\"user_input\":\"hello\"}");
	expect_event("\"input_count\":3,\"strategy\":\"dict\"");
}

static void a_concat_is_a_text_of_blocks(void **state)
{
	(void)state;
	run(ORCH("a", TWO_PRINTS MERGE("concat", "\"a\",\"yes\",\"n\"")),
	    "{\"n\":{\"x\":[1]},\"yes\":true}");
	expect_output("\"[Step a (a)]:\\none \\\"1\\\"\\n\\n[yes]:\\nTrue\\n\\n"
		      "[n]:\\n{\\\"x\\\":[1]}\"");
	expect_event("\"input_count\":3,\"strategy\":\"concat\"");
	assert_string_equal(
		str_text(&host.final->response),
		"[Step a (a)]:\none \"1\"\n\n[yes]:\nTrue\n\n[n]:\n{\"x\":[1]}");
}

static void an_unknown_strategy_is_a_list_and_says_so(void **state)
{
	(void)state;
	run(ORCH("m", MERGE("zip", "\"user_input\"")), NULL);
	expect_output("[{\"source\":\"user_input\",\"data\":\"hello\"}]");
	expect_event("\"input_count\":1,\"strategy\":\"list\"");
}

static void keys_that_the_state_lacks_are_left_out(void **state)
{
	(void)state;
	run(ORCH("m", PRINT("later", "x", "") "," MERGE("list", "\"later\",\"v\"")),
	    "{\"v\":null}");
	expect_output("[{\"source\":\"v\",\"data\":null}]");
	expect_event("\"input_count\":1,");
}

static void nothing_merged_is_empty(void **state)
{
	static const struct {
		const char *definition;
		const char *output;
	} rows[] = {
		{ ORCH("m", MERGE("list", "")), "[]" },
		{ ORCH("m", MERGE("dict", "\"gone\"")), "{}" },
		{ ORCH("m", MERGE("concat", "")), "\"\"" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(rows[i].definition, NULL);
		expect_output(rows[i].output);
		expect_event("\"input_count\":0,");
		(void)teardown(state);
		(void)setup(state);
	}
}

/* A key twice, and a key that reads like the label of another. */
static void a_label_that_comes_again_has_its_first_place_and_last_value(void **state)
{
	(void)state;
	run(ORCH("a", TWO_PRINTS MERGE("dict", "\"a\",\"b\",\"Step a (a)\",\"b\"")),
	    "{\"Step a (a)\":7}");
	expect_output("{\"Step a (a)\":7,\"Step b (b)\":\"two\"}");
	expect_event("\"input_count\":4,");
}

static void the_label_is_of_the_first_step_that_writes_the_key(void **state)
{
	(void)state;
	run(ORCH("m", "{\"id\":\"x\",\"name\":\"First\",\"type\":\"print\","
		      "\"output_key\":\"k\"},"
		      "{\"id\":\"y\",\"name\":\"Second\",\"type\":\"print\","
		      "\"output_key\":\"k\"}," MERGE("dict", "\"k\"")),
	    "{\"k\":1}");
	expect_output("{\"First (x)\":1}");
}

static void a_merge_ends_at_once_and_sends_nothing(void **state)
{
	(void)state;
	run(ORCH("a", TWO_PRINTS MERGE("list", "\"a\"")), NULL);
	assert_null(strstr(str_text(&host.rows), " outside "));
	assert_int_equal(host.calls_made, 0);
	assert_string_equal(
		str_text(&host.types),
		"worker_picked_up orchestration_start step_start final step_complete "
		"step_start final step_complete step_start merge_complete step_complete "
		"orchestration_complete final done");
}

/* A value 256 times is far beyond the bound, and is not copied so often. */
static void an_output_beyond_the_bound_fails_the_step(void **state)
{
	static const char *const strategies[] = { "list", "concat" };
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;
	struct str text = STR_INIT;
	size_t i, k;

	limits.output_max = 4096;
	for (i = 0; i < sizeof(strategies) / sizeof(strategies[0]); i++) {
		(void)teardown(state);
		memory_init(&host, &limits);
		str_reset(&text, 0);
		str_printf(&text,
			   "{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"m\","
			   "\"steps\":[{\"id\":\"m\",\"name\":\"M\","
			   "\"type\":\"merge\",\"merge_strategy\":\"%s\","
			   "\"output_key\":\"out\",\"input_keys\":[\"user_input\"",
			   strategies[i]);
		for (k = 1; k < DEFINITION_KEYS_MAX; k++)
			str_add_text(&text, ",\"user_input\"");
		str_add_text(&text, "]}]}");
		run(str_text(&text), NULL);
		assert_int_equal(host.final->status, RUN_FAILED);
		assert_string_equal(
			str_text(&host.final->error),
			"{\"class\":\"limit\",\"step_id\":\"m\",\"message\":"
			"\"Step 'M': its inputs merged have more than 4096 bytes\"}");
		assert_null(strstr(str_text(&host.types), "merge_complete"));
	}
	str_deinit(&text);
}

/* Each list or dict puts levels around its inputs; a loop of them must end readable. */
static void an_output_that_no_reader_would_take_fails_the_step(void **state)
{
	struct str inputs = STR_INIT;
	int i, depth;

	for (depth = STATE_DEPTH_MAX - 1; depth <= STATE_DEPTH_MAX; depth++) {
		(void)teardown(state);
		(void)setup(state);
		str_reset(&inputs, 0);
		str_add_text(&inputs, "{\"v\":");
		for (i = 0; i < depth; i++)
			str_add_char(&inputs, '[');
		for (i = 0; i < depth; i++)
			str_add_char(&inputs, ']');
		str_add_char(&inputs, '}');
		run(ORCH("m", MERGE("dict", "\"v\"")), str_text(&inputs));
		assert_int_equal(host.final->status,
				 depth < STATE_DEPTH_MAX ? RUN_COMPLETED : RUN_FAILED);
	}
	assert_string_equal(
		str_text(&host.final->error),
		"{\"class\":\"limit\",\"step_id\":\"m\",\"message\":\"Step 'M' "
		"has an output nested deeper than 120 levels\"}");
	str_deinit(&inputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_names_the_source_of_each_value),
		TEST(a_dict_has_each_value_under_its_label),
		TEST(a_concat_is_a_text_of_blocks),
		TEST(an_unknown_strategy_is_a_list_and_says_so),
		TEST(keys_that_the_state_lacks_are_left_out),
		TEST(nothing_merged_is_empty),
		TEST(a_label_that_comes_again_has_its_first_place_and_last_value),
		TEST(the_label_is_of_the_first_step_that_writes_the_key),
		TEST(a_merge_ends_at_once_and_sends_nothing),
		TEST(an_output_beyond_the_bound_fails_the_step),
		TEST(an_output_that_no_reader_would_take_fails_the_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
