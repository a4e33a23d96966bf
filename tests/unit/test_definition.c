/* test_definition.c - orchestrations as they are stored */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/definition.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/fail.h"

#include <stdio.h>
#include <string.h>

static bool can_run(enum step_type type)
{
	return type == STEP_PRINT || type == STEP_LLM || type == STEP_END ||
	       type == STEP_AGENT || type == STEP_IF_ELSE || type == STEP_SWITCH ||
	       type == STEP_PARALLEL || type == STEP_LOOP;
}

static const struct definition_rules rules = { .can_run = can_run };

static struct definition *read_good(const char *text)
{
	struct definition *definition = NULL;
	struct problems problems;

	problem_init(&problems);
	if (definition_parse(text, strlen(text), &definition, &problems) < 0)
		fail_msg("%s: %s", problems.kept[0].where, problems.kept[0].text);
	problem_deinit(&problems);
	return definition;
}

static void absent_fields_get_their_defaults(void **state)
{
	struct definition *d =
		read_good("{\"id\":\"o\",\"name\":\"n\",\"entry_step_id\":\"s\","
			  "\"steps\":[{\"id\":\"s\",\"name\":\"S\","
			  "\"type\":\"print\"}]}");
	const struct definition_step *s = definition_step(d, "s");

	(void)state;
	assert_string_equal(d->description, "");
	assert_int_equal(d->max_total_turns, 0);
	assert_int_equal(d->timeout_ms, 0);
	assert_int_equal(d->defaults_count, 0);
	assert_ptr_equal(s, &d->steps[0]);
	assert_int_equal(s->type, STEP_PRINT);
	assert_null(s->model);
	assert_null(s->prompt_template);
	assert_null(s->print_content);
	assert_int_equal(s->merge_strategy, MERGE_LIST);
	assert_null(s->output_key);
	assert_null(s->next_step_id);
	assert_int_equal(s->timeout_ms, 0);
	assert_int_equal(s->max_iterations, 3);
	assert_int_equal(s->retry.max, 0);
	assert_int_equal(s->retry.on, FAIL_BIT(FAIL_PROVIDER) | FAIL_BIT(FAIL_TOOL));
	assert_int_equal(s->on_error, ON_ERROR_FAIL);
	assert_null(definition_step(d, "t"));
	assert_null(definition_step(d, NULL));
	definition_unref(d);
}

static void null_counts_as_absent_and_unknown_fields_are_ignored(void **state)
{
	struct definition *d = read_good(
		"{\"id\":\"o\",\"name\":\"n\",\"entry_step_id\":null,\"steps\":null,"
		"\"state_schema\":null,\"max_total_turns\":null,\"timeout_minutes\":null,"
		"\"avatar\":7,\"position\":[1,2]}");

	(void)state;
	assert_null(d->entry_step_id);
	assert_int_equal(d->steps_count, 0);
	assert_int_equal(d->max_total_turns, 0);
	definition_unref(d);
}

static void all_fields_in_use_are_read(void **state)
{
	struct definition *d = read_good(
		"{\"id\":\"o\",\"name\":\"n\",\"description\":\"goal\",\"entry_step_id\":\"s\","
		"\"max_total_turns\":7.0,\"timeout_minutes\":2,"
		"\"state_schema\":{\"a\":{\"type\":\"int\",\"default\":1.50},\"b\":{},\"c\":5,"
		"\"d\":{\"default\":null}},"
		"\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"llm\",\"model\":\"mock.echo\","
		"\"prompt_template\":\"p\",\"print_content\":\"c\",\"input_keys\":[\"a\",\"b\"],"
		"\"output_key\":\"out\",\"next_step_id\":\"s\",\"timeout_seconds\":9,"
		"\"max_iterations\":5,\"retry\":{\"max\":2,\"backoff_ms\":50,"
		"\"on\":[\"limit\",\"job\"]},\"on_error\":\"route\",\"on_error_step_id\":\"s\"}]}");
	const struct definition_step *s = definition_step(d, d->entry_step_id);

	(void)state;
	assert_string_equal(d->description, "goal");
	assert_int_equal(d->max_total_turns, 7);
	assert_int_equal(d->timeout_ms, 120000);
	assert_int_equal(d->defaults_count, 2);
	assert_string_equal(d->defaults[0].key, "a");
	assert_string_equal(d->defaults[0].json, "1.50");
	assert_string_equal(d->defaults[1].json, "null");
	assert_string_equal(s->model, "mock.echo");
	assert_string_equal(s->prompt_template, "p");
	assert_string_equal(s->print_content, "c");
	assert_int_equal(s->input_keys_count, 2);
	assert_string_equal(s->input_keys[1], "b");
	assert_string_equal(s->output_key, "out");
	assert_string_equal(s->next_step_id, "s");
	assert_int_equal(s->timeout_ms, 9000);
	assert_int_equal(s->max_iterations, 5);
	assert_int_equal(s->retry.max, 2);
	assert_int_equal(s->retry.backoff_ms, 50);
	assert_int_equal(s->retry.on, FAIL_BIT(FAIL_LIMIT) | FAIL_BIT(FAIL_JOB));
	assert_int_equal(s->on_error, ON_ERROR_ROUTE);
	assert_string_equal(s->on_error_step_id, "s");
	definition_unref(d);
}

static void every_default_spelling_of_no_model_is_none(void **state)
{
	static const char *const names[] = { "null", "\"\"", "\"default\"",
					     "\"DEFAULT\"" };
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct definition *d;

		(void)snprintf(text, sizeof(text),
			       "{\"id\":\"o\",\"name\":\"n\",\"steps\":[{\"id\":\"s\","
			       "\"name\":\"S\",\"type\":\"llm\",\"model\":%s}]}",
			       names[i]);
		d = read_good(text);
		assert_null(d->steps[0].model);
		definition_unref(d);
	}
}

static void a_merge_strategy_that_nobody_knows_is_a_list(void **state)
{
	static const struct {
		const char *json;
		enum merge_strategy strategy;
	} rows[] = {
		{ "\"list\"", MERGE_LIST },     { "\"dict\"", MERGE_DICT },
		{ "\"concat\"", MERGE_CONCAT }, { "\"Dict\"", MERGE_LIST },
		{ "\"zip\"", MERGE_LIST },      { "\"\"", MERGE_LIST },
		{ "null", MERGE_LIST },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct definition *d;

		(void)snprintf(
			text, sizeof(text),
			"{\"id\":\"o\",\"name\":\"n\",\"steps\":[{\"id\":\"s\","
			"\"name\":\"S\",\"type\":\"merge\",\"merge_strategy\":%s}]}",
			rows[i].json);
		d = read_good(text);
		assert_int_equal(d->steps[0].type, STEP_MERGE);
		assert_int_equal(d->steps[0].merge_strategy, rows[i].strategy);
		definition_unref(d);
	}
	assert_string_equal(definition_merge_name(MERGE_CONCAT), "concat");
}

static void a_reference_keeps_a_definition_alive(void **state)
{
	struct definition *d = read_good("{\"id\":\"o\",\"name\":\"n\"}");

	(void)state;
	assert_ptr_equal(definition_ref(d), d);
	definition_unref(d);
	assert_string_equal(d->id, "o");
	definition_unref(d);
	definition_unref(NULL);
}

#define O "{\"id\":\"o\",\"name\":\"n\","
#define S O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"print\","

/* clang-format off */
static const struct {
	const char *text;
	const char *where;
	const char *why; /* part of the text */
} malformed[] = {
	{ "",                                         "",                 "not JSON" },
	{ "{",                                        "",                 "not JSON" },
	{ "{} x",                                     "",                 "not JSON" },
	{ "{\"id\":\"o\",\"id\":\"p\"}",              "",                 "same key twice" },
	{ "[]",                                       "",                 "must be an object, not array" },
	{ "null",                                     "",                 "must be an object, not null" },
	{ "{\"name\":\"n\"}",                         "/id",               "is missing" },
	{ "{\"id\":\"\",\"name\":\"n\"}",             "/id",               "must not be empty" },
	{ "{\"id\":7,\"name\":\"n\"}",                "/id",               "must be a string, not integer" },
	{ "{\"id\":\"a\\u0000b\",\"name\":\"n\"}",    "/id",               "U+0000" },
	{ "{\"id\":\"o\"}",                           "/name",             "is missing" },
	{ "{\"id\":\"o\",\"name\":[]}",               "/name",             "must be a string, not array" },
	{ O "\"description\":{}}",                    "/description",      "must be a string" },
	{ O "\"entry_step_id\":1}",                   "/entry_step_id",    "must be a string" },
	{ O "\"steps\":{}}",                          "/steps",            "must be an array, not object" },
	{ O "\"steps\":[3]}",                         "/steps/0",         "must be an object" },
	{ O "\"steps\":[{\"name\":\"S\",\"type\":\"end\"}]}", "/steps/0/id", "is missing" },
	{ O "\"steps\":[{\"id\":\"s\",\"type\":\"end\"}]}", "/steps/0/name", "is missing" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\"}]}", "/steps/0/type", "is missing" },
	{ O "\"max_total_turns\":\"many\"}",          "/max_total_turns",  "must be an integer, not string" },
	{ O "\"max_total_turns\":1.5}",               "/max_total_turns",  "not a fraction" },
	{ O "\"max_total_turns\":-1}",                "/max_total_turns",  "must be 0..100000" },
	{ O "\"max_total_turns\":1e300}",             "/max_total_turns",  "must be 0..100000" },
	{ O "\"timeout_minutes\":true}",              "/timeout_minutes",  "must be an integer, not boolean" },
	{ O "\"state_schema\":[]}",                   "/state_schema",     "must be an object, not array" },
	{ O "\"state_schema\":{\"\":{\"default\":1}}}", "/state_schema",   "empty or too long" },
	{ S "\"timeout_seconds\":2592001}]}",         "/steps/0/timeout_seconds", "must be 0..2592000" },
	{ S "\"max_iterations\":[]}]}",               "/steps/0/max_iterations", "must be an integer" },
	{ S "\"input_keys\":\"a\"}]}",                "/steps/0/input_keys", "must be an array" },
	{ S "\"input_keys\":[1]}]}",                  "/steps/0/input_keys", "must be a string" },
	{ S "\"merge_strategy\":[\"list\"]}]}",     "/steps/0/merge_strategy", "must be a string, not array" },
	{ S "\"parallel_branches\":{}}]}",         "/steps/0/parallel_branches", "must be an array, not object" },
	{ S "\"parallel_branches\":[\"s\"]}]}",   "/steps/0/parallel_branches", "must hold lists of step ids" },
	{ S "\"parallel_branches\":[[1]]}]}",      "/steps/0/parallel_branches", "must be a string, not integer" },
	{ S "\"loop_count\":100001}]}",            "/steps/0/loop_count", "must be " },
	{ S "\"loop_step_ids\":[null]}]}",         "/steps/0/loop_step_ids", "must be a string" },
	{ S "\"output_key\":{}}]}",                   "/steps/0/output_key", "must be a string" },
	{ S "\"if_condition\":true}]}",              "/steps/0/if_condition", "must be a string, not boolean" },
	{ S "\"if_true_step_id\":1}]}",              "/steps/0/if_true_step_id", "must be a string" },
	{ S "\"switch_expression\":[]}]}",           "/steps/0/switch_expression", "must be a string" },
	{ S "\"switch_cases\":[]}]}",                "/steps/0/switch_cases", "must be an object, not array" },
	{ S "\"switch_cases\":{\"a\":1}}]}",         "/steps/0/switch_cases", "must be a string, not integer" },
	{ S "\"model\":5}]}",                         "/steps/0/model",   "must be a string" },
	{ S "\"retry\":5}]}",                         "/steps/0/retry",   "must be an object" },
	{ S "\"retry\":{\"max\":101}}]}",             "/steps/0/retry/max", "must be 0..100" },
	{ S "\"retry\":{\"backoff_ms\":-1}}]}",       "/steps/0/retry/backoff_ms", "must be 0..3600000" },
	{ S "\"retry\":{\"on\":\"job\"}}]}",          "/steps/0/retry/on", "must be an array" },
	{ S "\"retry\":{\"on\":[\"cancelled\"]}}]}",  "/steps/0/retry/on", "may name" },
	{ S "\"retry\":{\"on\":[null]}}]}",           "/steps/0/retry/on", "may name" },
	{ S "\"on_error\":\"explode\"}]}",            "/steps/0/on_error", "must be \"fail\"" },
};
/* clang-format on */

static void malformed_definitions_are_refused_with_place_and_reason(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct definition *definition = NULL;
		struct problems problems;

		problem_init(&problems);
		assert_int_equal(definition_parse(malformed[i].text,
						  strlen(malformed[i].text), &definition,
						  &problems),
				 ERR_INPUT);
		assert_null(definition);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.kept[0].where, malformed[i].where);
		if (!strstr(problems.kept[0].text, malformed[i].why))
			fail_msg("%s: %s", malformed[i].text, problems.kept[0].text);
		problem_deinit(&problems);
	}
}

static void refuse(const char *text, size_t len, const char *where)
{
	struct definition *definition = NULL;
	struct problems problems;

	problem_init(&problems);
	assert_int_equal(definition_parse(text, len, &definition, &problems), ERR_INPUT);
	assert_string_equal(problems.kept[0].where, where);
	problem_deinit(&problems);
}

static void sizes_are_bounded(void **state)
{
	struct str text = STR_INIT;
	char *big = mem_alloc(DEFINITION_BYTES_MAX + 1);
	int i;

	(void)state;
	memset(big, ' ', DEFINITION_BYTES_MAX + 1);
	refuse(big, DEFINITION_BYTES_MAX + 1, "");

	str_printf(&text, "{\"id\":\"%.*s\",\"name\":\"n\"}", DEFINITION_ID_MAX + 1,
		   (char *)memset(big, 'a', DEFINITION_BYTES_MAX));
	refuse(str_text(&text), text.len, "/id");
	str_reset(&text, 0);
	str_printf(&text, "{\"id\":\"o\",\"name\":\"%.*s\"}", DEFINITION_NAME_MAX + 1,
		   big);
	refuse(str_text(&text), text.len, "/name");

	str_reset(&text, 0);
	str_add_text(&text, O "\"steps\":[{}");
	for (i = 0; i < DEFINITION_STEPS_MAX; i++)
		str_add_text(&text, ",{}");
	str_add_text(&text, "]}");
	refuse(str_text(&text), text.len, "/steps");

	str_reset(&text, 0);
	str_add_text(&text, S "\"input_keys\":[\"k\"");
	for (i = 0; i < DEFINITION_KEYS_MAX; i++)
		str_add_text(&text, ",\"k\"");
	str_add_text(&text, "]}]}");
	refuse(str_text(&text), text.len, "/steps/0/input_keys");

	str_reset(&text, 0);
	str_add_text(&text, S "\"switch_cases\":{\"k\":null");
	for (i = 0; i < DEFINITION_KEYS_MAX; i++)
		str_printf(&text, ",\"%d\":null", i);
	str_add_text(&text, "}}]}");
	refuse(str_text(&text), text.len, "/steps/0/switch_cases");
	str_reset(&text, 0);
	str_printf(&text, S "\"switch_cases\":{\"%.*s\":null}}]}", DEFINITION_ID_MAX + 1,
		   big);
	refuse(str_text(&text), text.len, "/steps/0/switch_cases");
	str_deinit(&text);
	mem_free(big);
}

static void a_thousand_steps_are_accepted(void **state)
{
	struct str text = STR_INIT;
	struct definition *d;
	struct problems problems;
	int i;

	(void)state;
	str_add_text(&text, O "\"entry_step_id\":\"s0\",\"steps\":[");
	for (i = 0; i < DEFINITION_STEPS_MAX; i++)
		str_printf(&text,
			   "%s{\"id\":\"s%d\",\"name\":\"S\",\"type\":\"print\","
			   "\"next_step_id\":\"s%d\"}",
			   i ? "," : "", i, (i + 1) % DEFINITION_STEPS_MAX);
	str_add_text(&text, "]}");
	d = read_good(str_text(&text));
	problem_init(&problems);
	assert_int_equal(definition_validate(d, &rules, &problems),
			 0); /* a cycle is legal */
	assert_int_equal(definition_step(d, "s999")->index, 999);
	problem_deinit(&problems);
	definition_unref(d);
	str_deinit(&text);
}

static void all_problems_of_a_text_are_told_at_once(void **state)
{
	static const char text[] =
		"{\"id\":1,\"steps\":[{\"id\":\"s\",\"type\":2},{\"timeout_seconds\":\"x\"}]}";
	struct definition *d = NULL;
	struct problems problems;

	(void)state;
	problem_init(&problems);
	assert_int_equal(definition_parse(text, sizeof(text) - 1, &d, &problems),
			 ERR_INPUT);
	assert_int_equal(problems.count, 8);
	problem_deinit(&problems);
}

#define IF     O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"if_else\","
#define SWITCH O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"switch\","

/* clang-format off */
static const struct {
	const char *text;
	const char *where;
	const char *why;
} unsound[] = {
	{ O "\"entry_step_id\":\"x\"}",
	  "/entry_step_id", "names 'x', which is no step" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"end\"},"
	  "{\"id\":\"s\",\"name\":\"T\",\"type\":\"end\"}]}",
	  "/steps/1/id", "step 's': another step has the same id" },
	{ S "\"next_step_id\":\"t\"}]}",
	  "/steps/0/next_step_id", "step 's': next_step_id names 't'" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"dance\"}]}",
	  "/steps/0/type", "step 's': 'dance' is no type of step" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"Print\"}]}",
	  "/steps/0/type", "'Print' is no type" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"agent\"}]}",
	  "/steps/0/agent_id", "step 's': it names no agent" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"agent\","
	  "\"agent_id\":\"a\",\"model\":\"gpt-4o\"}]}",
	  "/steps/0/model", "step 's': model 'gpt-4o' is not served" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"human\"}]}",
	  "/steps/0/type", "step 's': steps of type 'human' are not executed" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"llm\"}]}",
	  "/steps/0/model", "step 's': it names no model" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"llm\",\"model\":\"gpt-4o\"}]}",
	  "/steps/0/model", "step 's': model 'gpt-4o' is not served" },
	{ IF "\"if_condition\":\"state.a >\"}]}",
	  "/steps/0/if_condition", "step 's': the expression ends too early, column 10" },
	{ IF "\"if_condition\":\"exec('x')\"}]}",
	  "/steps/0/if_condition", "step 's': 'exec' is not available in expressions, column 1" },
	{ IF "\"if_true_step_id\":\"t\"}]}",
	  "/steps/0/if_true_step_id", "names 't', which is no step" },
	{ IF "\"if_false_step_id\":\"t\"}]}",
	  "/steps/0/if_false_step_id", "names 't', which is no step" },
	{ SWITCH "\"switch_expression\":\"f'{1}'\"}]}",
	  "/steps/0/switch_expression", "f-strings are not available in expressions, column 1" },
	{ SWITCH "\"switch_cases\":{\"a\":null,\"b\":\"s\",\"c\":\"t\"}}]}",
	  "/steps/0/switch_cases/c", "names 't', which is no step" },
	{ SWITCH "\"switch_default_step_id\":\"t\"}]}",
	  "/steps/0/switch_default_step_id", "names 't', which is no step" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"parallel\","
	  "\"parallel_branches\":[[\"s\"],[\"s\",\"t\"]]}]}",
	  "/steps/0/parallel_branches/1", "names 't', which is no step" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"loop\","
	  "\"loop_step_ids\":[\"t\"]}]}",
	  "/steps/0/loop_step_ids", "names 't', which is no step" },
	{ O "\"steps\":[{\"id\":\"s\",\"name\":\"S\",\"type\":\"loop\","
	  "\"retry\":{\"max\":1}}]}",
	  "/steps/0/retry", "a retry belongs to the steps inside, not to a loop" },
	{ S "\"on_error\":\"route\"}]}",
	  "/steps/0/on_error_step_id", "on_error_step_id is missing" },
	{ S "\"on_error\":\"route\",\"on_error_step_id\":\"t\"}]}",
	  "/steps/0/on_error_step_id", "names 't', which is no step" },
};
/* clang-format on */

static void graphs_that_cannot_be_executed_are_refused_by_name(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
		struct definition *d = read_good(unsound[i].text);
		struct problems problems;

		problem_init(&problems);
		assert_int_equal(definition_validate(d, &rules, &problems), ERR_INPUT);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.kept[0].where, unsound[i].where);
		if (!strstr(problems.kept[0].text, unsound[i].why))
			fail_msg("%s: %s", unsound[i].text, problems.kept[0].text);
		problem_deinit(&problems);
		definition_unref(d);
	}
}

static void a_step_that_decides_says_how(void **state)
{
	struct definition *d = read_good(
		SWITCH "\"switch_expression\":\"state.a\",\"switch_cases\":{\"b\":\"s\","
		       "\"\":null,\"c\":\"\"},\"switch_default_step_id\":\"\"},"
		       "{\"id\":\"t\",\"name\":\"T\",\"type\":\"if_else\","
		       "\"if_condition\":\" \",\"if_true_step_id\":\"s\"}]}");
	const struct definition_step *s = definition_step(d, "s");
	struct problems problems;

	(void)state;
	assert_string_equal(s->switch_expression, "state.a");
	assert_int_equal(s->switch_cases_count, 3);
	assert_string_equal(s->switch_cases[0].value, "b");
	assert_string_equal(s->switch_cases[0].step_id, "s");
	assert_string_equal(s->switch_cases[1].value, "");
	assert_null(s->switch_cases[1].step_id);
	assert_null(s->switch_cases[2].step_id);
	assert_null(s->switch_default_step_id);
	assert_string_equal(definition_step(d, "t")->if_true_step_id, "s");
	assert_null(definition_step(d, "t")->if_false_step_id);
	problem_init(&problems);
	assert_int_equal(definition_validate(d, &rules, &problems), 0);
	problem_deinit(&problems);
	definition_unref(d);
}

/* Editors leave fields behind when a step's type is changed. */
static void what_another_type_reads_is_not_checked(void **state)
{
	struct definition *d =
		read_good(S "\"if_condition\":\"(\",\"if_true_step_id\":"
			    "\"gone\",\"switch_default_step_id\":\"x\"}]}");
	struct problems problems;

	(void)state;
	problem_init(&problems);
	assert_int_equal(definition_validate(d, &rules, &problems), 0);
	problem_deinit(&problems);
	definition_unref(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_fields_get_their_defaults),
		cmocka_unit_test(null_counts_as_absent_and_unknown_fields_are_ignored),
		cmocka_unit_test(all_fields_in_use_are_read),
		cmocka_unit_test(every_default_spelling_of_no_model_is_none),
		cmocka_unit_test(a_merge_strategy_that_nobody_knows_is_a_list),
		cmocka_unit_test(a_reference_keeps_a_definition_alive),
		cmocka_unit_test(malformed_definitions_are_refused_with_place_and_reason),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(a_thousand_steps_are_accepted),
		cmocka_unit_test(all_problems_of_a_text_are_told_at_once),
		cmocka_unit_test(graphs_that_cannot_be_executed_are_refused_by_name),
		cmocka_unit_test(a_step_that_decides_says_how),
		cmocka_unit_test(what_another_type_reads_is_not_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
