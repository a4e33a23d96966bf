/* test_step_tool.c - tool steps: the call that a model makes, and its use */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_tool.h"

#include "base/str.h"
#include "engine/engine.h"
#include "memory_host.h"

#include <string.h>

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

static void expect(const struct str *where, const char *what)
{
	if (!strstr(str_text(where), what))
		fail_msg("%s is not in %s", what, str_text(where));
}

#define TOOL(model, more)                                                                \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"t\",\"steps\":[{\"id\":\"t\"," \
	"\"name\":\"Look\",\"type\":\"tool\",\"model\":\"" model                         \
	"\",\"output_key\":\"out\"," more "}]}"
#define FORCED                                                                           \
	"\"forced_tool\":\"look up\",\"prompt_template\":\"{\\\"q\\\":\\\"{state.user_input}\\\"}\""
#define SCHEMA                                                                           \
	"{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}},"             \
	"\"required\":[\"q\"]}"

static struct tool_answer answers[2];

static void say(int i, enum fail_class class, bool refused, const char *text)
{
	answers[i] = (struct tool_answer){ .class = class, .refused = refused };
	str_add_text(&answers[i].text, text);
}

static int set_up(void **state)
{
	(void)setup(state);
	host.tool_name = "look up";
	host.tool_schema = SCHEMA;
	host.tool_answer = &answers[0];
	return 0;
}

static int tear_down(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		str_deinit(&answers[i].text);
	return teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct exec *begin(const char *definition)
{
	struct exec *exec;

	host.hold_calls = true;
	exec = memory_run(&host, definition, NULL);
	(void)memory_pump(&host);
	return exec;
}

static void call(const char *tool, const char *text)
{
	assert_int_equal(host.calls_count, 1);
	if (tool)
		str_add_text(&host.calls[0]->answer.tool, tool);
	memory_answer(&host, 0, FAIL_NONE, text);
	(void)memory_pump(&host);
}

static void the_model_must_call_the_tool_and_it_is_used(void **state)
{
	struct exec *exec = begin(TOOL("mock.echo", FORCED));
	const struct llm_request *request = &host.calls[0]->request;

	(void)state;
	say(0, FAIL_NONE, false, "{\"found\":1}");
	assert_int_equal(request->tools_count, 1);
	assert_string_equal(request->tools[0].name, "the_tool");
	assert_string_equal(request->tools[0].description, "looks things up");
	assert_string_equal(request->tools[0].schema, SCHEMA);
	expect(&host.prompts, "What it does: looks things up\n");
	expect(&host.prompts, "\nuser: {\"q\":\"hello\"}\n");
	call("the_tool", "{\"q\": \"x\"}");
	assert_string_equal(str_text(&host.tool_uses), "look up {\"q\":\"x\"} t/1/0\n");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "{\"found\":1}");
	expect(&host.types, "step_start tool_execution tool_result final step_complete");
	expect(&host.events, "\"tool_name\":\"look up\",\"args\":{\"q\":\"x\"}");
	expect(&host.events,
	       "\"tool_name\":\"look up\",\"preview\":\"{\\\"found\\\":1}\"");
	expect(&host.deltas, "[\"set\",\"out\",\"{\\\"found\\\":1}\"]");
	exec_free(exec);
}

static void a_text_may_be_a_call(void **state)
{
	static const char *const texts[] = {
		"Sure: {\"tool\":\"look up\",\"arguments\":{\"q\":\"x\"}}",
		"{\"tool\":\"other\",\"arguments\":{\"q\":\"no\"}} {\"tool\":\"the_tool\","
		"\"arguments\":{\"q\":\"x\"}}",
		"```json\n{\"q\":\"x\"}\n```",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct exec *exec = begin(TOOL("mock.echo", FORCED));

		say(0, FAIL_NONE, false, "ok");
		call(NULL, texts[i]);
		assert_string_equal(str_text(&host.tool_uses),
				    "look up {\"q\":\"x\"} t/1/0\n");
		assert_int_equal(host.final->status, RUN_COMPLETED);
		exec_free(exec);
		(void)tear_down(state);
		(void)set_up(state);
	}
}

static void what_the_model_made_wrong_is_told_to_it(void **state)
{
	struct exec *exec = begin(TOOL("mock.echo", FORCED));

	(void)state;
	say(0, FAIL_NONE, false, "ok");
	call(NULL, "no call");
	assert_int_equal(host.calls[0]->request.ask, 1);
	expect(&host.prompts, "Attempt 1: the model's answer is no call of the tool");
	call("the_tool", "{\"q\":7}");
	expect(&host.prompts, "Attempt 2: the model's arguments do not fit the tool: /q: "
			      "must be of type string\n");
	assert_int_equal(host.tool_uses.len, 0);
	call("the_tool", "{\"q\":\"x\"}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_int_equal(host.final->usage.calls, 3);
	exec_free(exec);
}

static void arguments_that_the_tool_refuses_may_be_mended(void **state)
{
	struct exec *exec = begin(TOOL("mock.echo", FORCED));

	(void)state;
	say(0, FAIL_TOOL, true, "status 422");
	say(1, FAIL_NONE, false, "ok");
	call("the_tool", "{\"q\":\"x\"}");
	expect(&host.prompts, "Attempt 1: status 422\n");
	host.tool_answer = &answers[1];
	call("the_tool", "{\"q\":\"y\"}");
	assert_string_equal(str_text(&host.tool_uses), "look up {\"q\":\"x\"} t/1/0\n"
						       "look up {\"q\":\"y\"} t/1/1\n");
	assert_string_equal(str_text(&host.final->response), "ok");
	exec_free(exec);
}

static void a_tool_that_fails_fails_the_step(void **state)
{
	struct exec *exec = begin(TOOL("mock.echo", FORCED));

	(void)state;
	say(0, FAIL_TOOL, false, "status 500");
	call("the_tool", "{\"q\":\"x\"}");
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.events, "status 500\",\"error_class\":\"tool\"");
	assert_int_equal(host.calls_made, 1);
	exec_free(exec);
}

static void attempts_are_bounded(void **state)
{
	struct exec *exec = begin(TOOL("mock.echo", FORCED ",\"max_turns\":2"));

	(void)state;
	call(NULL, "no");
	call(NULL, "no");
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.events, "is no call of the tool with arguments as JSON\","
			     "\"error_class\":\"provider\"");
	exec_free(exec);
}

static void a_tool_that_is_not_there_fails_the_step(void **state)
{
	struct exec *exec;

	(void)state;
	host.tool_name = NULL;
	exec = begin(TOOL("mock.echo", FORCED));
	assert_int_equal(host.calls_made, 0);
	expect(&host.events, "there is no tool 'look up'\",\"error_class\":\"job\"");
	exec_free(exec);
}

static void without_a_forced_tool_there_is_a_warning(void **state)
{
	struct exec *exec = begin(TOOL("mock.echo", "\"forced_tool\":\"\""));

	(void)state;
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect(&host.types, "step_start step_warning step_complete");
	exec_free(exec);
}

static void a_cancel_abandons_it(void **state)
{
	struct exec *exec = begin(TOOL("mock.echo", FORCED));

	(void)state;
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	assert_int_equal(host.abandoned, 1);
	exec_free(exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_model_must_call_the_tool_and_it_is_used),
		TEST(a_text_may_be_a_call),
		TEST(what_the_model_made_wrong_is_told_to_it),
		TEST(arguments_that_the_tool_refuses_may_be_mended),
		TEST(a_tool_that_fails_fails_the_step),
		TEST(attempts_are_bounded),
		TEST(a_tool_that_is_not_there_fails_the_step),
		TEST(without_a_forced_tool_there_is_a_warning),
		TEST(a_cancel_abandons_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
