/* test_mock_agent.c - what mock.agent:<turns>:<ms> answers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/mock_agent.h"

#include "engine/call.h"

#include <string.h>

static const struct llm_tool tools[] = {
	{ "look", "",
	  "{\"type\":\"object\",\"required\":[\"where\",\"n\",\"f\",\"b\",\"l\",\"o\",\"z\","
	  "\"e\",\"any\"],\"properties\":{\"where\":{\"type\":\"string\"},\"n\":{\"type\":"
	  "\"integer\"},\"f\":{\"type\":\"number\"},\"b\":{\"type\":\"boolean\"},\"l\":{"
	  "\"type\":\"array\"},\"o\":{\"type\":\"object\"},\"z\":{\"type\":\"null\"},"
	  "\"e\":{\"enum\":[\"first\",\"second\"]},\"other\":{\"type\":\"string\"}}}" },
	{ "leave", "", "{}" },
};

static const struct llm_message messages[] = {
	{ .role = LLM_SYSTEM, .text = "s", .len = 1 },
	{ .role = LLM_USER, .text = "before", .len = 6 },
	{ .role = LLM_ASSISTANT, .text = "of another turn", .len = 15 },
	{ .role = LLM_USER, .text = "do it", .len = 5 },
	{ .role = LLM_ASSISTANT, .text = "", .len = 0 },
	{ .role = LLM_TOOL, .text = "seen", .len = 4, .call_id = "c" },
	{ .role = LLM_ASSISTANT, .text = "", .len = 0 },
	{ .role = LLM_TOOL, .text = "left", .len = 4, .call_id = "c" },
};

static struct llm_answer answer_of(size_t count, size_t tools_count, int64_t turns,
				   bool optional)
{
	struct llm_call call = { .request = { .messages = messages,
					      .count = count,
					      .tools = tools,
					      .tools_count = tools_count,
					      .tools_optional = optional,
					      .ask = (int)count } };

	mock_agent_answer(&call, turns);
	return call.answer;
}

static void expect(struct llm_answer answer, const char *text, const char *name,
		   const char *arguments)
{
	assert_int_equal(answer.class, FAIL_NONE);
	assert_string_equal(str_text(&answer.text), text);
	if (name) {
		assert_int_equal(answer.calls_count, 1);
		assert_string_equal(answer.calls[0].name, name);
		assert_string_equal(answer.calls[0].arguments, arguments);
		assert_int_equal(answer.calls[0].arguments_len, strlen(arguments));
	} else {
		assert_int_equal(answer.calls_count, 0);
	}
	call_answer_deinit(&answer);
}

static void it_calls_tools_in_turn_and_answers_what_the_last_one_said(void **state)
{
	struct llm_answer first = answer_of(4, 2, 2, true);

	(void)state;
	assert_string_equal(first.calls[0].id, "call_5_1");
	expect(first, "", "look",
	       "{\"where\":\"do it\",\"n\":1,\"f\":1,\"b\":true,\"l\":[],\"o\":{},\"z\":null,"
	       "\"e\":\"first\",\"any\":\"do it\"}");
	expect(answer_of(6, 2, 2, true), "", "leave", "{}");
	expect(answer_of(8, 2, 2, true), "left", NULL, NULL);
	expect(answer_of(6, 2, 1, true), "seen", NULL, NULL);
}

static void without_tools_or_turns_it_answers_at_once(void **state)
{
	(void)state;
	expect(answer_of(4, 0, 5, true), "do it", NULL, NULL);
	expect(answer_of(4, 2, 0, true), "do it", NULL, NULL);
	expect(answer_of(1, 0, 5, true), "", NULL, NULL);
	expect(answer_of(0, 1, 1, true), "", "look",
	       "{\"where\":\"\",\"n\":1,\"f\":1,\"b\":true,\"l\":[],\"o\":{},\"z\":null,"
	       "\"e\":\"first\",\"any\":\"\"}");
}

static void a_tool_that_must_be_called_is_told_as_one(void **state)
{
	struct llm_answer answer = answer_of(6, 2, 5, false);

	(void)state;
	assert_string_equal(str_text(&answer.tool), "leave");
	expect(answer, "{}", NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			it_calls_tools_in_turn_and_answers_what_the_last_one_said),
		cmocka_unit_test(without_tools_or_turns_it_answers_at_once),
		cmocka_unit_test(a_tool_that_must_be_called_is_told_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
