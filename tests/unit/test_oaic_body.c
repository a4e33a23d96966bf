/* test_oaic_body.c - requests to an OpenAI-compatible server */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/oaic_body.h"

#include "base/str.h"
#include "engine/exec.h"
#include "engine/host.h"

#include <string.h>

static void expect_url(const char *base, const char *url)
{
	struct str out = STR_INIT;

	oaic_body_url(&out, base);
	assert_string_equal(str_text(&out), url);
	str_deinit(&out);
}

static void the_url_does_not_depend_on_how_the_base_ends(void **state)
{
	(void)state;
	expect_url("http://h:1", "http://h:1/v1/chat/completions");
	expect_url("http://h:1/", "http://h:1/v1/chat/completions");
	expect_url("http://h:1/v1", "http://h:1/v1/chat/completions");
	expect_url("http://h:1/v1//", "http://h:1/v1/chat/completions");
	expect_url("https://h/openai/v1/", "https://h/openai/v1/chat/completions");
	expect_url("https://h/api", "https://h/api/v1/chat/completions");
}

static void the_body_is_json_whatever_the_messages_are(void **state)
{
	const struct llm_message messages[] = {
		{ .role = LLM_SYSTEM, .text = "be \"brief\"", .len = 10 },
		{ .role = LLM_ASSISTANT, .text = "", .len = 0 },
		{ .role = LLM_USER, .text = "a\xff\nb", .len = 4 },
	};
	struct llm_call call = { .request = { .messages = messages, .count = 3 } };
	struct str out = STR_INIT;

	(void)state;
	oaic_body_write(&out, "tiny", &call);
	assert_string_equal(
		str_text(&out),
		"{\"model\":\"tiny\",\"messages\":["
		"{\"role\":\"system\",\"content\":\"be \\\"brief\\\"\"},"
		"{\"role\":\"assistant\",\"content\":\"\"},"
		"{\"role\":\"user\",\"content\":\"a\xef\xbf\xbd\\nb\"}],"
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
	str_deinit(&out);
}

static void a_tool_that_must_be_called_is_named(void **state)
{
	const struct llm_message messages[] = {
		{ .role = LLM_USER, .text = "x", .len = 1 }
	};
	const struct llm_tool tools[] = {
		{ "look", "at \"it\"", "{\"type\":\"object\"}" },
		{ "leave", "", "{}" },
	};
	struct llm_call call = { .request = { .messages = messages,
					      .count = 1,
					      .tools = tools,
					      .tools_count = 1 } };
	struct str out = STR_INIT;

	(void)state;
	oaic_body_write(&out, "tiny", &call);
	assert_non_null(strstr(
		str_text(&out),
		"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\","
		"\"description\":\"at \\\"it\\\"\",\"parameters\":{\"type\":\"object\"}}}],"
		"\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"look\"}},"
		"\"stream\":true"));
	str_reset(&out, 0);
	call.request.tools_count = 2;
	oaic_body_write(&out, "tiny", &call);
	assert_non_null(strstr(str_text(&out), "],\"tool_choice\":\"required\","));
	str_deinit(&out);
}

static void calls_and_what_tools_answered_are_in_the_providers_form(void **state)
{
	const struct llm_tool_call calls[] = {
		{ "c1", "look", "{\"a\": 1}", 8 },
		{ "c2", "functions.look \xc3\xa4", "{\"a\": ", 6 },
		{ "c3", "leave", "", 0 },
	};
	const struct llm_message messages[] = {
		{ .role = LLM_USER, .text = "x", .len = 1 },
		{ .role = LLM_ASSISTANT, .text = "", .calls = calls, .calls_count = 1 },
		{ .role = LLM_TOOL, .text = "it", .len = 2, .call_id = "c1" },
		{ .role = LLM_ASSISTANT,
		  .text = "hm",
		  .len = 2,
		  .calls = calls + 1,
		  .calls_count = 2 },
	};
	const struct llm_tool tools[] = { { "look", "", "{}" } };
	struct llm_call call = { .request = { .messages = messages,
					      .count = 4,
					      .tools = tools,
					      .tools_count = 1,
					      .tools_optional = true } };
	struct str out = STR_INIT;

	(void)state;
	oaic_body_write(&out, "tiny", &call);
	assert_string_equal(
		str_text(&out),
		"{\"model\":\"tiny\",\"messages\":["
		"{\"role\":\"user\",\"content\":\"x\"},"
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\","
		"\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":"
		"\"{\\\"a\\\":1}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"it\"},"
		"{\"role\":\"assistant\",\"content\":\"hm\",\"tool_calls\":["
		"{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":"
		"\"functions_look___\",\"arguments\":"
		"\"{\\\"malformed_arguments\\\":\\\"{\\\\\\\"a\\\\\\\": \\\"}\"}},"
		"{\"id\":\"c3\",\"type\":\"function\",\"function\":{\"name\":"
		"\"leave\",\"arguments\":\"{}\"}}]}],"
		"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\","
		"\"description\":\"\",\"parameters\":{}}}],\"tool_choice\":\"auto\","
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
	str_deinit(&out);
}

static void expect_key(const char *run, const char *path, int execution, const char *key)
{
	struct exec exec = { .run_id = run };
	struct llm_call call = {
		.op = { .exec = &exec },
		.request = { .path = path, .key_path = path, .execution = execution },
	};
	struct str out = STR_INIT;

	oaic_body_key(&out, &call);
	if (key)
		assert_string_equal(str_text(&out), key);
	else
		assert_int_equal(out.len, 64); /* the digest of what is too long */
	str_deinit(&out);
}

static void a_key_names_the_execution_of_a_step(void **state)
{
	char path[300];

	(void)state;
	expect_key("run_1", "ask", 1, "run_1/ask/1");
	expect_key("run_1", "p/0/ask%20me", 12, "run_1/p/0/ask%20me/12");
	expect_key("chat:x\n", "a", 1, "chat%3Ax%0A/a/1");
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	expect_key("run_1", path, 1, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_url_does_not_depend_on_how_the_base_ends),
		cmocka_unit_test(the_body_is_json_whatever_the_messages_are),
		cmocka_unit_test(a_tool_that_must_be_called_is_named),
		cmocka_unit_test(calls_and_what_tools_answered_are_in_the_providers_form),
		cmocka_unit_test(a_key_names_the_execution_of_a_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
