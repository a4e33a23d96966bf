/* test_event.c - the texts of events */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/event.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "run/definition.h"

#include <string.h>

static const struct definition_step step = {
	.id = "s1",
	.name = "A \"step\"",
	.type_name = "llm",
	.max_iterations = 3,
	.if_condition = "1 > 0",
};

static const struct event_stamp stamp = { .at_ms = 1780000000000, .max = 20000 };

static struct event_text text_of(const char *text)
{
	return (struct event_text){ text, strlen(text) };
}

#define END ",\"ts\":1780000000000,\"seq\":7,\"epoch\":2}"

static void expect(struct str *out, const char *want)
{
	event_close(out, 7, 2, 0);
	assert_string_equal(str_text(out), want);
	str_reset(out, 0);
}

static void each_event_has_the_fields_of_the_contract(void **state)
{
	static const struct definition definition = { .id = "o", .name = "n" };
	struct str out = STR_INIT;

	(void)state;
	event_worker_picked_up(&out, &stamp, "w", "r");
	expect(&out,
	       "{\"type\":\"worker_picked_up\",\"worker_id\":\"w\",\"run_id\":\"r\"" END);
	event_orchestration_start(&out, &stamp, "r", &definition);
	expect(&out, "{\"type\":\"orchestration_start\",\"run_id\":\"r\","
		     "\"orchestration_id\":\"o\",\"orchestration_name\":\"n\"" END);
	event_step_start(&out, &stamp, &step);
	expect(&out, "{\"type\":\"step_start\",\"orch_step_id\":\"s1\","
		     "\"step_name\":\"A \\\"step\\\"\",\"step_type\":\"llm\"" END);
	event_step_complete(&out, &stamp, &step, 1420);
	expect(&out, "{\"type\":\"step_complete\",\"orch_step_id\":\"s1\","
		     "\"step_name\":\"A \\\"step\\\"\",\"duration_seconds\":1.42" END);
	event_step_error(&out, &stamp, &step, FAIL_TOOL, NULL, text_of("no\n"), 2, 50);
	expect(&out,
	       "{\"type\":\"step_error\",\"orch_step_id\":\"s1\",\"error\":\"no\\n\","
	       "\"error_class\":\"tool\",\"attempt\":2,\"retry_in_ms\":50" END);
	event_step_warning(&out, &stamp, &step, "hm");
	expect(&out,
	       "{\"type\":\"step_warning\",\"orch_step_id\":\"s1\",\"message\":\"hm\"" END);
	event_thinking(&out, &stamp, &step, "calling model");
	expect(&out,
	       "{\"type\":\"thinking\",\"orch_step_id\":\"s1\","
	       "\"step_name\":\"A \\\"step\\\"\",\"message\":\"calling model\"" END);
	event_llm_token(&out, &stamp, &step, text_of("t"));
	expect(&out,
	       "{\"type\":\"llm_token\",\"orch_step_id\":\"s1\",\"text\":\"t\"" END);
	event_step_final(&out, &stamp, &step, text_of("r"));
	expect(&out, "{\"type\":\"final\",\"orch_step_id\":\"s1\","
		     "\"step_name\":\"A \\\"step\\\"\",\"response\":\"r\"" END);
	event_merge_complete(&out, &stamp, &step, 2);
	expect(&out, "{\"type\":\"merge_complete\",\"orch_step_id\":\"s1\","
		     "\"input_count\":2,\"strategy\":\"list\"" END);
	event_if_decided(&out, &stamp, &step, true);
	expect(&out, "{\"type\":\"if_decision\",\"orch_step_id\":\"s1\","
		     "\"step_name\":\"A \\\"step\\\"\",\"condition\":\"1 > 0\","
		     "\"result\":\"true\"" END);
	event_if_routed(&out, &stamp, &step, false, "s2");
	expect(&out, "{\"type\":\"if_decision\",\"orch_step_id\":\"s1\","
		     "\"decision\":\"false\",\"target_step_id\":\"s2\"" END);
	event_switch_decided(&out, &stamp, &step, text_of("fr"), "fr");
	expect(&out, "{\"type\":\"switch_decision\",\"orch_step_id\":\"s1\","
		     "\"step_name\":\"A \\\"step\\\"\",\"expression\":\"\","
		     "\"value\":\"fr\",\"matched_case\":\"fr\"" END);
	event_switch_routed(&out, &stamp, &step, NULL, NULL);
	expect(&out, "{\"type\":\"switch_decision\",\"orch_step_id\":\"s1\","
		     "\"matched_case\":null,\"target_step_id\":null" END);
	event_loop_limit_reached(&out, &stamp, &step, 3);
	expect(&out, "{\"type\":\"loop_limit_reached\",\"orch_step_id\":\"s1\","
		     "\"iterations\":3,\"max_iterations\":3" END);
	event_orchestration_end(&out, &stamp, &step);
	expect(&out, "{\"type\":\"orchestration_end\",\"orch_step_id\":\"s1\"" END);
	event_orchestration_error(&out, &stamp, "Global turn limit (100) exceeded");
	expect(&out, "{\"type\":\"orchestration_error\","
		     "\"error\":\"Global turn limit (100) exceeded\"" END);
	event_orchestration_complete(&out, &stamp, "r", RUN_FAILED, text_of("{\"a\":1}"));
	expect(&out, "{\"type\":\"orchestration_complete\",\"run_id\":\"r\","
		     "\"status\":\"failed\",\"final_state\":{\"a\":1}" END);
	event_run_final(&out, &stamp, "r", RUN_CANCELLED, text_of("x"), text_of("[1]"),
			text_of("{}"));
	expect(&out,
	       "{\"type\":\"final\",\"response\":\"x\",\"intent\":\"orchestration\","
	       "\"data\":{\"run_id\":\"r\",\"status\":\"cancelled\",\"step_history\":[1],"
	       "\"shared_state\":{}},\"tool_name\":null" END);
	event_done(&out, &stamp);
	expect(&out, "{\"type\":\"done\"" END);
	str_deinit(&out);
}

static void a_live_event_has_its_own_number(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	event_llm_token(&out, &stamp, &step, text_of(""));
	event_close(&out, 3, 1, 9);
	assert_string_equal(
		str_text(&out),
		"{\"type\":\"llm_token\",\"orch_step_id\":\"s1\",\"text\":\"\","
		"\"ts\":1780000000000,\"seq\":3,\"epoch\":1,\"sub\":9}");
	str_deinit(&out);
}

/* Every closed event is JSON within its bound. */
static bool truncated_at(struct str *out, size_t max)
{
	struct json *doc = NULL;
	bool cut;

	event_close(out, UINT64_MAX / 2, UINT64_MAX / 2, UINT64_MAX / 2);
	assert_true(out->len <= max);
	assert_int_equal(jsonr_parse(str_text(out), out->len, &doc, NULL, NULL, NULL), 0);
	cut = jsonr_bool(jsonr_get(doc, "truncated"));
	jsonr_free(doc);
	str_reset(out, 0);
	return cut;
}

static bool truncated(struct str *out)
{
	return truncated_at(out, stamp.max);
}

static void heavy_texts_are_cut_to_the_bound_whatever_they_hold(void **state)
{
	static const char *const fillings[] = { "a",    "\"",       "\n",
						"\x01", "\xC3\xA4", "\xF0\x9F\x98\x80" };
	struct str out = STR_INIT, text = STR_INIT;
	struct event_text heavy;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(fillings) / sizeof(fillings[0]); i++) {
		str_reset(&text, 0);
		for (n = 0; n < 30000; n++)
			str_add_text(&text, fillings[i]);
		heavy = (struct event_text){ str_text(&text), text.len };
		event_step_final(&out, &stamp, &step, heavy);
		assert_true(out.len > 10000); /* and no more than needed is cut */
		assert_true(truncated(&out));
		event_step_error(&out, &stamp, &step, FAIL_JOB, NULL, heavy, 1, -1);
		assert_true(truncated(&out));
		event_run_final(&out, &stamp, "r", RUN_COMPLETED, heavy, text_of("[]"),
				text_of("{}"));
		assert_true(truncated(&out));
	}
	event_step_final(&out, &stamp, &step, text_of("short"));
	assert_false(truncated(&out));
	str_deinit(&out);
	str_deinit(&text);
}

static void heavy_json_is_left_out_whole(void **state)
{
	char *big = mem_alloc(20001);
	struct event_text json = { big, 20000 };
	struct str out = STR_INIT;

	(void)state;
	memset(big, '1', 20000);
	big[0] = '[';
	big[19999] = ']';
	event_run_final(&out, &stamp, "r", RUN_COMPLETED, text_of("x"), json,
			text_of("{\"k\":2}"));
	assert_non_null(strstr(str_text(&out),
			       "\"step_history\":[],\"shared_state\":{\"k\":2}}"));
	assert_true(truncated(&out));
	big[0] = '{';
	event_orchestration_complete(&out, &stamp, "r", RUN_COMPLETED, json);
	assert_non_null(strstr(str_text(&out), "\"final_state\":{},\"truncated\":true"));
	assert_true(truncated(&out));
	str_deinit(&out);
	mem_free(big);
}

/* Ids and names as long as definitions may have them. */
static void the_least_bound_holds_and_leaves_room_for_what_is_heavy(void **state)
{
	static const struct event_stamp least = { .at_ms = INT64_MIN,
						  .max = EVENT_MAX_LEAST };
	struct definition_step wide = step;
	struct str out = STR_INIT;
	char id[256], name[501], heavy[5000];
	struct event_text text = { heavy, sizeof(heavy) };

	(void)state;
	memset(id, 'i', sizeof(id));
	memset(name, 'n', sizeof(name));
	memset(heavy, 'h', sizeof(heavy));
	id[255] = name[500] = '\0';
	wide.id = id;
	wide.name = name;
	event_step_final(&out, &least, &wide, text);
	assert_non_null(strstr(str_text(&out), "\"response\":\"hhh"));
	assert_true(truncated_at(&out, least.max));
	event_step_error(&out, &least, &wide, FAIL_PROVIDER, NULL, text, 100, 3600000);
	assert_non_null(strstr(str_text(&out), "\"error\":\"hhh"));
	assert_true(truncated_at(&out, least.max));

	memset(id, '\x01', 255); /* each is six bytes of JSON */
	event_run_final(&out, &least, id, RUN_CANCELLED, text, text_of("[1]"), text);
	assert_non_null(strstr(str_text(&out), "\"response\":\"hhh"));
	assert_true(truncated_at(&out, least.max));
	event_step_final(&out, &least, &step, (struct event_text){ heavy, 1000 });
	assert_false(truncated_at(&out, least.max));
	str_deinit(&out);
}

static void an_event_has_its_whole_bound_wherever_it_stands_in_the_row(void **state)
{
	struct str out = STR_INIT;
	char heavy[15000];
	struct event_text text = { heavy, sizeof(heavy) };
	size_t first;

	(void)state;
	memset(heavy, 'h', sizeof(heavy));
	event_step_final(&out, &stamp, &step, text);
	event_close(&out, 1, 1, 0);
	first = out.len;
	event_step_final(&out, &stamp, &step, text);
	event_close(&out, 1, 1, 0);
	assert_int_equal(out.len, 2 * first);
	assert_null(strstr(str_text(&out), "truncated"));
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_has_the_fields_of_the_contract),
		cmocka_unit_test(a_live_event_has_its_own_number),
		cmocka_unit_test(heavy_texts_are_cut_to_the_bound_whatever_they_hold),
		cmocka_unit_test(heavy_json_is_left_out_whole),
		cmocka_unit_test(the_least_bound_holds_and_leaves_room_for_what_is_heavy),
		cmocka_unit_test(
			an_event_has_its_whole_bound_wherever_it_stands_in_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
