/* test_react.c - agent steps: turns, what is told to whom, and what a crash leaves */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/react.h"

#include "base/str.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/fold_node.h"
#include "memory_host.h"
#include "nest_fixture.h"
#include "run/definition.h"
#include "run/model.h"

#include <string.h>

#define AGENT(tools)                                                                     \
	"{\"id\":\"ag\",\"name\":\"Ann\",\"tools\":" tools                               \
	",\"system_prompt\":\"You are careful.\",\"model\":\"mock.echo\"}"
#define RUN(more)                                                                        \
	ORCH(STEP("a", "agent",                                                          \
		  ",\"agent_id\":\"ag\",\"prompt_template\":\"Do {state.user_input}\","  \
		  "\"output_key\":\"out\"" more))
#define SCHEMA                                                                           \
	"{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}},"             \
	"\"required\":[\"q\"]}"
#define PROGRESS "_step_progress_a"

static struct memory_host host;

static struct tool_answer found;

static int setup(void **state)
{
	(void)state;
	memory_init(&host, NULL);
	host.hold_calls = true;
	host.tool_name = "look";
	host.tool_schema = SCHEMA;
	host.agent = AGENT("[\"look\"]");
	host.agent_version = 3;
	str_add_text(&found.text, "found it");
	host.tool_answer = &found;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	memory_deinit(&host);
	str_deinit(&found.text);
	found = (struct tool_answer){ .class = FAIL_NONE };
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void expect(const struct str *where, const char *what)
{
	if (!strstr(str_text(where), what))
		fail_msg("%s is not in %s", what, str_text(where));
}

static void expect_not(const struct str *where, const char *what)
{
	if (strstr(str_text(where), what))
		fail_msg("%s is in %s", what, str_text(where));
}

static struct exec *begin(const char *definition)
{
	struct exec *exec = memory_run(&host, definition, NULL);

	(void)memory_pump(&host);
	return exec;
}

/* The model calls the tool. */
static void call_tool(const char *id, const char *arguments)
{
	const struct memory_call calls[] = { { id, "look", arguments },
					     { NULL, NULL, NULL } };

	assert_int_equal(host.calls_count, 1);
	memory_answer_calls(&host, 0, "", calls);
	(void)memory_pump(&host);
}

static void say(const char *text)
{
	assert_int_equal(host.calls_count, 1);
	memory_answer(&host, 0, FAIL_NONE, text);
	(void)memory_pump(&host);
}

static void an_answer_without_calls_is_the_result(void **state)
{
	struct exec *exec = begin(RUN(""));
	const struct llm_request *request = &host.calls[0]->request;

	(void)state;
	assert_string_equal(request->model, "mock.echo");
	assert_true(request->tools_optional);
	assert_int_equal(request->tools_count, 1);
	assert_string_equal(request->tools[0].name, "look");
	assert_string_equal(request->tools[0].schema, SCHEMA);
	expect(&host.prompts, "system: You are careful.\n");
	expect(&host.prompts, "Turns left: 15\n");
	expect(&host.prompts, "\nuser: Do hello\n");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "done");
	expect(&host.types, "orchestration_start step_start final step_complete");
	expect(&host.events, "\"response\":\"done\",\"intent\":\"chat\",\"data\":null,"
			     "\"tool_name\":null");
	expect(&host.rows, "start - - 0 outside");
	expect_not(&host.final->state, PROGRESS);
	exec_free(exec);
}

static void a_turn_is_two_rows_and_the_model_gets_the_results(void **state)
{
	struct exec *exec = begin(RUN(""));
	const struct memory_call calls[] = { { "c1", "look", "{\"q\": \"x\"}" },
					     { "c2", "look", "{\"q\": \"y\"}" },
					     { NULL, NULL, NULL } };

	(void)state;
	host.hold_uses = true;
	memory_answer_calls(&host, 0, "let me see", calls);
	(void)memory_pump(&host);
	assert_int_equal(host.uses_count, 2); /* at the same time */
	memory_use(&host, 1, FAIL_NONE, "Y");
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 0);
	memory_use(&host, 0, FAIL_TOOL, "no X");
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"x\"} a/1/0\n"
						       "look {\"q\":\"y\"} a/1/1\n");
	expect(&host.rows,
	       "turn a a 1 outside [[\"append\",\"" PROGRESS "\",{\"start\":");
	expect(&host.rows, "turn a a 1 outside [[\"append\",\"" PROGRESS
			   "\",{\"results\":[{\"id\":\"c1\",\"text\":\"Error: no X\","
			   "\"failed\":true},{\"id\":\"c2\",\"text\":\"Y\","
			   "\"failed\":false}],\"at\":");
	expect(&host.prompts,
	       "user: Do hello\nassistant: let me see\n"
	       "calls c1 look {\"q\": \"x\"}\ncalls c2 look {\"q\": \"y\"}\n"
	       "tool of c1: Error: no X\ntool of c2: Y\n");
	expect(&host.prompts, "Turns left: 14\n");
	assert_int_equal(host.calls[0]->request.ask, 1);
	say("done");
	expect(&host.types, "step_start llm_thought tool_execution tool_execution "
			    "tool_result tool_result final step_complete");
	expect(&host.events, "\"tool_name\":\"look\",\"preview\":\"Error: no X\"");
	expect(&host.events, "\"thought\":\"let me see\",\"turn\":1");
	expect(&host.events, "\"intent\":\"chat\",\"data\":null,\"tool_name\":\"look\"");
	expect(&host.deltas, "[\"del\",\"" PROGRESS "\"]");
	assert_int_equal(host.final->usage.calls, 2);
	expect_not(&host.final->state, PROGRESS);
	exec_free(exec);
}

static void what_a_model_made_wrong_is_told_to_it(void **state)
{
	struct exec *exec = begin(RUN(""));
	const struct memory_call calls[] = { { "c1", "rm", "{}" },
					     { "c2", "look", "{\"q\":7}" },
					     { "c3", "look", "no json" },
					     { "c4", "look", "{\"q\":\"z\"}" },
					     { NULL, NULL, NULL } };

	(void)state;
	memory_answer_calls(&host, 0, "", calls);
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"z\"} a/1/3\n");
	expect(&host.prompts, "tool of c1: Error: tool 'rm' is blocked");
	expect(&host.prompts,
	       "tool of c2: Error: the arguments do not fit the tool: /q: ");
	expect(&host.prompts, "tool of c3: Error: the arguments do not fit the tool: ");
	expect(&host.prompts, "tool of c4: found it\n");
	expect(&host.events, "\"tool_name\":\"rm\",\"preview\":\"Error: tool 'rm' is "
			     "blocked");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void the_guard_says_what_is_offered(void **state)
{
	static const struct {
		const char *agent;
		const char *definition;
		size_t offered;
	} cases[] = {
		{ AGENT("[]"), RUN(""), 0 },
		{ AGENT("[\"all\"]"), RUN(""), 1 },
		{ AGENT("[\"all\"]"), RUN(",\"allowed_tools\":[]"), 0 },
		{ AGENT("[\"all\"]"), RUN(",\"allowed_tools\":[\"other\"]"), 0 },
		{ AGENT("[]"), RUN(",\"allowed_tools\":[\"look\"]"), 1 },
		{ AGENT("[]"), RUN(",\"allowed_tools\":[\"all\"]"), 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exec *exec;

		host.agent = cases[i].agent;
		exec = begin(cases[i].definition);
		assert_int_equal(host.calls[0]->request.tools_count, cases[i].offered);
		exec_free(exec);
		(void)teardown(state);
		(void)setup(state);
	}
}

static void tools_that_there_are_not_are_a_warning(void **state)
{
	struct exec *exec;

	(void)state;
	host.agent = AGENT("[\"look\",\"grep\",\"id\",\"glob\"]");
	exec = begin(RUN(""));
	say("done");
	expect(&host.events, "\"message\":\"tools that there are not: 'grep', 'glob'\"");
	exec_free(exec);
}

static void the_last_turn_has_no_tools_and_calls_there_fail_the_step(void **state)
{
	struct exec *exec = begin(RUN(",\"max_turns\":2"));

	(void)state;
	assert_int_equal(host.calls[0]->request.tools_count, 1);
	call_tool("c1", "{\"q\":\"x\"}");
	assert_int_equal(host.calls[0]->request.tools_count, 0);
	expect(&host.prompts, "This is your last turn");
	call_tool("c2", "{\"q\":\"x\"}");
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.events, "turn limit (2) reached, and the agent still calls tools\","
			     "\"error_class\":\"limit\",\"error_code\":\"turn_limit\"");
	expect(&host.rows,
	       "{\"class\":\"limit\",\"code\":\"turn_limit\",\"step_id\":\"a\"");
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"x\"} a/1/0\n");
	expect_not(&host.final->state, PROGRESS);
	exec_free(exec);
}

static void a_failing_model_and_an_empty_answer_fail_the_step(void **state)
{
	static const struct {
		enum fail_class class;
		const char *text, *error;
	} cases[] = {
		{ FAIL_PROVIDER, "down", "down\",\"error_class\":\"provider\"" },
		{ FAIL_NONE, " \n", "answer is empty\",\"error_class\":\"provider\"" },
	};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct exec *exec = begin(RUN(""));

		memory_answer(&host, 0, cases[i].class, cases[i].text);
		(void)memory_pump(&host);
		assert_int_equal(host.final->status, RUN_FAILED);
		expect(&host.events, cases[i].error);
		exec_free(exec);
		(void)teardown(state);
		(void)setup(state);
	}
}

static void a_new_attempt_goes_on_behind_what_is_done(void **state)
{
	struct exec *exec = begin(
		RUN(",\"retry\":{\"max\":1,\"backoff_ms\":0,\"on\":[\"provider\"]}"));

	(void)state;
	call_tool("c1", "{\"q\":\"x\"}");
	memory_answer(&host, 0, FAIL_PROVIDER, "down");
	(void)memory_pump(&host);
	assert_int_equal(host.calls[0]->request.ask, 1);
	expect(&host.prompts, "tool of c1: found it\n");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"x\"} a/1/0\n");
	exec_free(exec);
}

static void what_cannot_run_fails_as_the_jobs_fault(void **state)
{
	struct exec *exec;

	(void)state;
	host.agent = NULL;
	exec = begin(RUN(""));
	expect(&host.events, "there is no agent 'ag'\",\"error_class\":\"job\"");
	exec_free(exec);
	host.agent = "{\"id\":\"ag\",\"name\":\"Ann\",\"tools\":[]}";
	exec = begin(RUN(""));
	expect(&host.events, "names no model, and neither does agent 'Ann'\","
			     "\"error_class\":\"job\"");
	exec_free(exec);
	model_set_default("mock.echo");
	exec = begin(RUN(""));
	model_set_default("");
	assert_int_equal(host.calls_count, 1);
	exec_free(exec);
}

/* ---- crashes ---- */

static int64_t later_ms; /* by which the next owner's clock is ahead */

/* All that the first owner got out, and what the next one begins with. */
static struct exec *next_owner_from(struct exec *exec, const char *definition, int from,
				    int rows)
{
	struct fold_row kept[MEMORY_ROWS_MAX];
	struct memory_host next;
	struct exec *again;

	exec_free(exec);
	memory_init(&next, NULL);
	memcpy(kept, host.journal, sizeof(kept));
	memory_adopt(&next, kept + from, (size_t)(rows - from));
	next.hold_calls = true;
	next.tool_name = host.tool_name;
	next.tool_schema = host.tool_schema;
	next.tool_answer = host.tool_answer;
	next.agent = host.agent;
	next.agent_version = 9;
	next.wall_ms += later_ms;
	memory_deinit(&host);
	host = next;
	engine_free(host.engine);
	memory_engine(&host);
	again = memory_resume(&host, definition, NULL, 2);
	(void)memory_pump(&host);
	return again;
}

static struct exec *next_owner(struct exec *exec, const char *definition, int rows)
{
	return next_owner_from(exec, definition, 0, rows);
}

static void a_crash_between_the_rows_repeats_calls_that_have_no_result(void **state)
{
	const char *definition = RUN("");
	struct exec *exec;

	(void)state;
	host.hold_uses = true;
	exec = begin(definition);
	call_tool("c1", "{\"q\":\"x\"}");
	assert_int_equal(host.uses_count, 1);
	exec = next_owner(exec, definition, 3);
	assert_int_equal(host.agent_wanted, 3);
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"x\"} a/1/0\n");
	expect(&host.prompts, "calls c1 look {\"q\":\"x\"}\ntool of c1: found it\n");
	assert_int_equal(host.calls[0]->request.ask, 1);
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_int_equal(host.final->usage.calls, 2);
	expect(&host.types, "worker_picked_up tool_result final step_complete");
	expect_not(&host.final->state, PROGRESS);
	exec_free(exec);
}

/* The far side knows the call by its key, so it is the same in each byte: the agent's
 * version and what time it is, too. */
static void a_first_call_that_is_repeated_is_the_same(void **state)
{
	const char *definition = RUN("");
	struct exec *exec = begin(definition);
	struct str said = STR_INIT;

	(void)state;
	assert_int_equal(host.calls_count, 1);
	str_add(&said, str_text(&host.prompts), host.prompts.len);
	later_ms = 3600000;
	exec = next_owner(exec, definition, 2);
	later_ms = 0;
	assert_int_equal(host.agent_wanted, 3);
	assert_int_equal(host.calls[0]->request.ask, 0);
	assert_string_equal(str_text(&host.prompts), str_text(&said));
	exec_free(exec);
	str_deinit(&said);
}

/* What begins anew is no repetition of what was done before. */
static void a_run_that_failed_and_goes_on_uses_other_keys(void **state)
{
	const char *definition = RUN("");
	struct fold_row wish = { .path = "",
				 .step_id = "",
				 .kind = "resume",
				 .delta = "{\"from_step\":null}" };
	struct exec *exec;

	(void)state;
	engine_free(host.engine);
	host.limits.run_timeout_ms = 1000;
	memory_engine(&host);
	exec = begin(definition);
	call_tool("c1", "{\"q\":\"x\"}");
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"x\"} a/1/0\n");
	(void)memory_wait(&host, 2000); /* of no step's fault: it is not counted */
	assert_int_equal(host.final->status, RUN_FAILED);
	wish.seq = (int64_t)host.journal_count + 1;
	memory_adopt(&host, &wish, 1);
	exec = next_owner(exec, definition, (int)host.journal_count);
	call_tool("c1", "{\"q\":\"y\"}");
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"y\"} a~1/1/0\n");
	exec_free(exec);
}

static void a_crash_behind_the_results_asks_again(void **state)
{
	const char *definition = RUN("");
	struct exec *exec = begin(definition);

	(void)state;
	call_tool("c1", "{\"q\":\"x\"}");
	call_tool("c2", "{\"q\":\"y\"}");
	exec = next_owner(exec, definition, 6);
	assert_int_equal(host.tool_uses.len, 0);
	expect(&host.prompts, "tool of c1: found it\n");
	expect(&host.prompts, "tool of c2: found it\n");
	expect(&host.prompts, "Turns left: 13\n");
	assert_int_equal(host.calls[0]->request.ask, 2);
	call_tool("c3", "{\"q\":\"z\"}");
	assert_string_equal(str_text(&host.tool_uses), "look {\"q\":\"z\"} a/1/2\n");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void a_snapshot_has_the_conversation(void **state)
{
	const char *definition = RUN("");
	struct exec *exec;
	int at;

	(void)state;
	engine_free(host.engine);
	host.limits.snapshot_rows = 3;
	memory_engine(&host);
	exec = begin(definition);
	call_tool("c1", "{\"q\":\"x\"}");
	call_tool("c2", "{\"q\":\"y\"}");
	for (at = 0; strcmp(host.journal[at].kind, "snapshot") != 0; at++)
		assert_true((size_t)at + 1 < host.journal_count);
	exec = next_owner_from(exec, definition, at - 1, at + 1);
	expect(&host.prompts, "tool of c1: found it\n");
	assert_int_equal(host.calls[0]->request.ask, 1);
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void nothing_begins_before_its_row_is_durable(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_commits = true;
	exec = begin(RUN(""));
	assert_int_equal(host.calls_count, 0);
	memory_commit(&host); /* the step is announced, then its agent is known */
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 0);
	memory_commit(&host);
	(void)memory_pump(&host);
	call_tool("c1", "{\"q\":\"x\"}");
	assert_int_equal(host.tool_uses.len, 0);
	memory_commit(&host);
	(void)memory_pump(&host);
	assert_true(host.tool_uses.len > 0);
	assert_int_equal(host.calls_count, 0);
	memory_commit(&host);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 1);
	exec_free(exec);
}

static void a_drain_parks_between_turns(void **state)
{
	const char *definition = RUN("");
	struct exec *exec;

	(void)state;
	host.hold_uses = true;
	exec = begin(definition);
	call_tool("c1", "{\"q\":\"x\"}");
	engine_drain(host.engine);
	assert_int_equal(host.parked, 0);
	memory_use(&host, 0, FAIL_NONE, "X");
	(void)memory_pump(&host);
	assert_int_equal(host.parked, 1);
	exec = next_owner(NULL, definition, 4);
	expect(&host.prompts, "tool of c1: X\n");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void a_cancel_abandons_calls_and_uses(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_uses = true;
	exec = begin(RUN(""));
	call_tool("c1", "{\"q\":\"x\"}");
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	expect_not(&host.final->state, PROGRESS);
	exec_free(exec);
}

static void an_execution_behind_another_begins_anew(void **state)
{
	const char *definition = ORCH(
		STEP("a", "agent", ",\"agent_id\":\"ag\",\"output_key\":\"out\"" NEXT("b")) "," STEP(
			"b", "if_else",
			",\"if_condition\":\"len(state.out) < 4\","
			"\"if_true_step_id\":\"a\",\"if_false_step_id\":\"e\"") "," STEP("e",
											 "end",
											 ""));
	struct exec *exec = begin(definition);

	(void)state;
	call_tool("c1", "{\"q\":\"x\"}");
	say("no");
	expect_not(&host.prompts, "tool of c1");
	assert_int_equal(host.calls[0]->request.execution, 2);
	expect(&host.prompts, "Tool calls: [{\"tool\":\"look\",\"arguments\":"
			      "\"{\\\"q\\\":\\\"x\\\"}\"}]");
	call_tool("c1", "{\"q\":\"y\"}");
	expect(&host.tool_uses, "look {\"q\":\"y\"} a/2/0\n");
	say("long enough");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void a_key_that_is_no_conversation_counts_as_none(void **state)
{
	struct exec *exec = memory_run(&host, RUN(""), "{\"" PROGRESS "\":[7]}");

	(void)state;
	(void)memory_pump(&host);
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_not(&host.final->state, PROGRESS);
	exec_free(exec);
}

static void an_iteration_that_is_given_up_leaves_no_conversation(void **state)
{
	const char *definition = ORCH(
		LOOP("a", "1", "[\"b\"]", NEXT("c") ",\"timeout_seconds\":5,\"on_error\":\"continue\"") "," STEP(
			"b", "agent",
			",\"agent_id\":\"ag\",\"output_key\":\"out\"") "," STEP("c",
										"if_else",
										",\"if_condition\":\"state.out\",\"if_false_step_id\":\"a\""));
	struct exec *exec = begin(definition);
	struct definition *parsed = memory_definition(definition);
	const struct state_pair *pair;
	struct fold fold;
	struct err err;

	(void)state;
	call_tool("c1", "{\"q\":\"x\"}");
	expect(&host.prompts, "tool of c1");
	(void)memory_wait(&host, 6000);
	expect_not(&host.prompts, "tool of c1");
	assert_int_equal(memory_fold(&host, parsed, NULL, &fold, &err), 0);
	pair = state_get(&fold_node_scope(fold.root)->state, "_step_progress_b");
	assert_non_null(pair); /* of the next execution: it has begun */
	assert_null(strstr(pair->json, "answer"));
	fold_deinit(&fold);
	definition_unref(parsed);
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect(&host.final->state, "\"out\":");
	expect_not(&host.final->state, "_step_progress");
	exec_free(exec);
}

static void a_conversation_that_somebody_made_up_does_no_harm(void **state)
{
#define START "{\"start\":{\"agent_id\":\"ag\",\"path\":\"a\",\"execution\":1}}"
	static const char *const lists[] = {
		"{}",
		"[]",
		"[" START "," START "]",
		"[" START ",{\"results\":[]}]",
		"[" START ",{\"results\":[{\"id\":\"x\",\"text\":\"y\"}]}]",
		"[" START ",{\"answer\":{\"calls\":[{}]}},{\"results\":[]}]",
		"[" START ",{\"answer\":7}]",
		"[" START ",{\"answer\":{\"calls\":[]}}]",
		"[" START ",{\"answer\":{\"calls\":[{\"name\":7},9]}}]",
		"[" START ",{\"compact\":{\"turns\":-99999999999,\"calls\":1e9}}]",
		"[" START ",{\"inner\":7},null,3,\"x\",[]]",
	};
	struct str inputs = STR_INIT;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct exec *exec;

		str_reset(&inputs, 0);
		str_printf(&inputs, "{\"" PROGRESS "\":%s}", lists[i]);
		exec = memory_run(&host, RUN(""), str_text(&inputs));
		(void)memory_pump(&host);
		if (host.calls_count)
			say("done");
		assert_int_equal(host.ended, 1);
		expect_not(&host.final->state, PROGRESS);
		exec_free(exec);
		(void)teardown(state);
		(void)setup(state);
	}
	str_deinit(&inputs);
#undef START
}

/* ---- long conversations ---- */

static void old_results_go_first(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;
	const char *definition = RUN("");
	struct exec *exec;
	int i;

	limits.compact_max = 2000;
	(void)teardown(state);
	(void)setup(state);
	engine_free(host.engine);
	host.limits = limits;
	memory_engine(&host);
	for (i = 0; i < 100; i++)
		str_add_text(&found.text, " lots of");
	exec = begin(definition);
	for (i = 0; i < 3; i++)
		call_tool("c", "{\"q\":\"x\"}");
	expect(&host.prompts, "tool of c: [808 bytes of this old result were removed]\n");
	expect(&host.prompts, "tool of c: found it lots of");
	call_tool("c", "{\"q\":\"x\"}");
	expect(&host.events, "\"type\":\"context_compact\",\"orch_step_id\":\"a\","
			     "\"step_name\":\"a\",\"stage\":\"trim\",\"chars_before\":");
	expect(&host.deltas, "[\"set\",\"" PROGRESS "\",[{\"start\":");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void a_model_sums_up_what_cannot_be_trimmed(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;
	const char *definition = RUN("");
	struct str arguments = STR_INIT;
	struct exec *exec;
	int i;

	limits.compact_max = 2000;
	engine_free(host.engine);
	host.limits = limits;
	memory_engine(&host);
	(void)state;
	str_add_text(&arguments, "{\"q\":\"");
	for (i = 0; i < 100; i++)
		str_add_text(&arguments, "0123456789");
	str_add_text(&arguments, "\"}");
	exec = begin(definition);
	call_tool("c1", str_text(&arguments));
	call_tool("c2", str_text(&arguments));
	assert_int_equal(host.calls[0]->request.tools_count, 0);
	assert_int_equal(host.calls[0]->request.ask, 2);
	expect(&host.prompts, "It has become too long");
	expect(&host.prompts, "[call of look]\n{\"q\":\"0123");
	say("the sum of it");
	expect(&host.prompts, "user: [What was said before, summed up]\nthe sum of it\n");
	expect_not(&host.prompts, "calls c1");
	expect(&host.prompts, "calls c2");
	assert_int_equal(host.calls[0]->request.ask, 3);
	expect(&host.prompts, "Turns left: 13\n");
	expect(&host.events, "\"stage\":\"llm_summary\"");
	exec = next_owner(exec, definition, 7);
	expect(&host.prompts, "the sum of it\n");
	assert_int_equal(host.calls[0]->request.ask, 3);
	expect(&host.prompts, "Turns left: 13\n");
	call_tool("c3", "{\"q\":\"y\"}");
	expect(&host.tool_uses, "look {\"q\":\"y\"} a/1/2\n");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_int_equal(host.final->usage.calls, 5);
	exec_free(exec);
	str_deinit(&arguments);
}

static void agents_in_branches_have_conversations_of_their_own(void **state)
{
	const char *definition = ORCH(PARALLEL("a", "[[\"b\"],[\"b\"]]", "") "," STEP(
		"b", "agent", ",\"agent_id\":\"ag\",\"output_key\":\"out\""));
	const struct memory_call calls[] = { { "c1", "look", "{\"q\":\"x\"}" },
					     { NULL, NULL, NULL } };
	struct exec *exec = begin(definition);

	(void)state;
	assert_int_equal(host.calls_count, 2);
	memory_answer_calls(&host, 1, "", calls);
	(void)memory_pump(&host);
	expect(&host.tool_uses, "look {\"q\":\"x\"} a#1/b/1/0\n");
	expect(&host.rows, "turn a#1/b b 1 outside");
	memory_answer(&host, 0, FAIL_NONE, "one");
	(void)memory_pump(&host);
	exec = next_owner(exec, definition, 8);
	expect(&host.prompts, "tool of c1: found it\n");
	say("two");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect(&host.final->state, "\"out\":\"two\"");
	expect_not(&host.final->state, "_step_progress");
	exec_free(exec);
}

/* ---- earlier turns of the run ---- */

#define TWO_STEPS                                                                                                                                                                               \
	ORCH(STEP(                                                                                                                                                                              \
		"a", "agent",                                                                                                                                                                   \
		",\"agent_id\":\"ag\",\"prompt_template\":\"First.\","                                                                                                                          \
		"\"output_key\":\"x\"" NEXT(                                                                                                                                                    \
			"p")) "," PARALLEL("p", "[[\"b\"],[\"c\"]]",                                                                                                                            \
					   NEXT("d")) "," STEP("b", "agent",                                                                                                                    \
							       ",\"agent_id\":\"ag\",\"prompt_template\":\"B.\"") "," STEP("c",                                                                 \
															   "agent",                                                             \
															   ",\"agent_id\":\"ag\",\"prompt_template\":\"C.\"") "," STEP("d",     \
																						       "agent", \
																						       ",\"agent_id\":\"ag\",\"prompt_template\":\"Last.\""))

/* The newest of a branch is not seen beside it, and their order is that of branches. */
static void an_agent_is_told_its_earlier_turns_of_the_run(void **state)
{
	struct exec *exec = begin(TWO_STEPS);

	(void)state;
	expect_not(&host.prompts, "assistant: ");
	say("one");
	assert_int_equal(host.calls_count, 2);
	expect(&host.prompts, "\nuser: First.\nassistant: one\nuser: C.\n");
	memory_answer(&host, 1, FAIL_NONE, "of c");
	(void)memory_pump(&host);
	exec = next_owner(exec, TWO_STEPS, (int)host.journal_count);
	expect(&host.prompts, "\nuser: First.\nassistant: one\nuser: B.\n");
	expect_not(&host.prompts, "of c");
	say("of b");
	expect(&host.prompts,
	       "\nuser: First.\nassistant: one\nuser: B.\nassistant: of b\n"
	       "user: C.\nassistant: of c\nuser: Last.\n");
	say("done");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void earlier_turns_are_bounded(void **state)
{
	struct exec *exec = begin(ORCH(LOOP("a", "14", "[\"b\"]", "") "," STEP(
		"b", "agent",
		",\"agent_id\":\"ag\",\"prompt_template\":\"Do.\","
		"\"max_iterations\":20")));
	struct str text = STR_INIT;
	int i;

	(void)state;
	for (i = 1; i < 12; i++) {
		str_reset(&text, 64);
		str_printf(&text, "<%d>", i);
		say(str_text(&text));
	}
	expect_not(&host.prompts, "assistant: <1>\n");
	expect(&host.prompts, "\nuser: Do.\nassistant: <2>\n");
	expect(&host.prompts, "assistant: <11>\nuser: Do.\n");
	str_reset(&text, 64);
	while (text.len < 100000)
		str_add_text(&text, "long ");
	say(str_text(&text));
	expect_not(&host.prompts, "assistant: <2>\n");
	expect(&host.prompts, "assistant: <11>\n");
	assert_true(host.prompts.len < 40000);
	exec_free(exec);
	str_deinit(&text);
}

/* Nobody would read it. */
static void an_agent_that_does_not_come_again_keeps_nothing(void **state)
{
	struct exec *exec = begin(RUN(""));

	(void)state;
	say("done");
	expect_not(&host.final->state, "_agent_turns_");
	exec_free(exec);
}

/* What an attempt that failed left behind would be told to the next one, whose calls have
 * the same keys. */
static void an_answer_without_room_leaves_no_memory(void **state)
{
	const char *definition = ORCH(
		STEP("a", "agent",
		     ",\"agent_id\":\"ag\",\"output_key\":\"out\",\"max_iterations\":9,"
		     "\"retry\":{\"max\":1,\"backoff_ms\":0,\"on\":[\"limit\"]}" NEXT(
			     "b")) "," STEP("b", "if_else",
					    ",\"if_condition\":\"True\","
					    "\"if_true_step_id\":\"a\""));
	struct str before = STR_INIT, long_text = STR_INIT;
	struct exec *exec;

	(void)state;
	host.engine->limits.state_max = 6000;
	exec = begin(definition);
	say("one");
	str_add(&before, str_text(&host.prompts), host.prompts.len);
	while (long_text.len < 5900)
		str_add_text(&long_text, "long ");
	say(str_text(&long_text));
	assert_int_equal(host.calls_made, 3);
	assert_string_equal(str_text(&host.prompts), str_text(&before));
	str_reset(&long_text, 0);
	while (long_text.len < 4000) /* it fits, what is to be remembered does not */
		str_add_text(&long_text, "long ");
	say(str_text(&long_text));
	expect(&host.events, "this execution is not remembered: ");
	assert_int_equal(host.calls_count, 1);
	exec_free(exec);
	str_deinit(&before);
	str_deinit(&long_text);
}

/* ---- what a model writes into its text ---- */

#define WRITTEN "<tool_call>{\"name\":\"look\",\"arguments\":{\"q\":\"x\"}}</tool_call>"

static void calls_in_a_text_are_served_and_told_as_text(void **state)
{
	const char *definition = RUN("");
	struct exec *exec = begin(definition);

	(void)state;
	say("[REASONING]Where?[/REASONING] I look. " WRITTEN);
	expect(&host.tool_uses, "look {\"q\":\"x\"} a/1/0\n");
	expect(&host.events, "\"reasoning\":\"Where?\"");
	expect(&host.events, "\"thought\":\"I look.\"");
	expect(&host.prompts,
	       "assistant: I look. " WRITTEN "\nuser: [Result of the call of "
	       "tool 'look']\nfound it\n");
	exec = next_owner(exec, definition, 4);
	expect(&host.prompts,
	       "assistant: I look. " WRITTEN "\nuser: [Result of the call of "
	       "tool 'look']\nfound it\n");
	say("[reasoning]There.[/reasoning]\n\ndone\n");
	assert_string_equal(str_text(&host.final->response), "done");
	exec_free(exec);
}

static void objects_are_calls_of_what_is_offered_or_of_nothing_else(void **state)
{
	struct exec *exec = begin(RUN(""));

	(void)state;
	say("{\"tool\":\"look\",\"arguments\":{\"q\":\"x\"},\"why\":1}");
	expect(&host.tool_uses, "look {\"q\":\"x\"} a/1/0\n");
	say("{\"tool\":\"dig\",\"arguments\":{}}");
	expect(&host.prompts, "Error: tool 'dig' is blocked");
	say("{\"tool\":\"dig\",\"depth\":2}");
	assert_string_equal(str_text(&host.final->response),
			    "{\"tool\":\"dig\",\"depth\":2}");
	exec_free(exec);
}

static void an_agent_without_tools_makes_no_calls(void **state)
{
	struct exec *exec;

	(void)state;
	host.agent = AGENT("[]");
	exec = begin(RUN(""));
	say(WRITTEN);
	assert_string_equal(str_text(&host.final->response), WRITTEN);
	exec_free(exec);
}

static void thoughts_alone_are_no_answer(void **state)
{
	struct exec *exec = begin(RUN(""));

	(void)state;
	say("[REASONING]Hm.[/REASONING]\n");
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.events, "the model's answer is empty");
	expect(&host.events, "\"reasoning\":\"Hm.\"");
	exec_free(exec);
}

static void no_mark_is_seen_on_its_way(void **state)
{
	static const char text[] =
		"[REASONING]Where?[/REASONING] I look. " WRITTEN
		"```json\n{\"tool\":\"look\",\"arguments\":{}}\n``` so";
	struct exec *exec = begin(RUN(""));
	size_t i;

	(void)state;
	for (i = 0; text[i]; i++) {
		call_token(host.calls[0], &text[i], 1);
		(void)memory_wait(&host, 60);
	}
	call_again(host.calls[0], "it broke");
	call_token(host.calls[0], "[REASO", 6);
	call_again(host.calls[0], "it broke");
	call_token(host.calls[0], "anew [", 6);
	(void)memory_wait(&host, 60);
	say("anew [x");
	expect(&host.lives, "I");
	expect(&host.lives, "anew ");
	expect_not(&host.lives, "REAS");
	expect_not(&host.lives, "Where");
	expect_not(&host.lives, "<");
	expect_not(&host.lives, "look\\\"");
	expect_not(&host.lives, "```");
	exec_free(exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_without_calls_is_the_result),
		TEST(a_turn_is_two_rows_and_the_model_gets_the_results),
		TEST(what_a_model_made_wrong_is_told_to_it),
		TEST(the_guard_says_what_is_offered),
		TEST(tools_that_there_are_not_are_a_warning),
		TEST(the_last_turn_has_no_tools_and_calls_there_fail_the_step),
		TEST(a_failing_model_and_an_empty_answer_fail_the_step),
		TEST(a_new_attempt_goes_on_behind_what_is_done),
		TEST(what_cannot_run_fails_as_the_jobs_fault),
		TEST(a_crash_between_the_rows_repeats_calls_that_have_no_result),
		TEST(a_first_call_that_is_repeated_is_the_same),
		TEST(a_run_that_failed_and_goes_on_uses_other_keys),
		TEST(a_crash_behind_the_results_asks_again),
		TEST(a_snapshot_has_the_conversation),
		TEST(nothing_begins_before_its_row_is_durable),
		TEST(a_drain_parks_between_turns),
		TEST(a_cancel_abandons_calls_and_uses),
		TEST(an_execution_behind_another_begins_anew),
		TEST(a_key_that_is_no_conversation_counts_as_none),
		TEST(an_iteration_that_is_given_up_leaves_no_conversation),
		TEST(a_conversation_that_somebody_made_up_does_no_harm),
		TEST(old_results_go_first),
		TEST(a_model_sums_up_what_cannot_be_trimmed),
		TEST(agents_in_branches_have_conversations_of_their_own),
		TEST(an_agent_is_told_its_earlier_turns_of_the_run),
		TEST(earlier_turns_are_bounded),
		TEST(an_agent_that_does_not_come_again_keeps_nothing),
		TEST(an_answer_without_room_leaves_no_memory),
		TEST(calls_in_a_text_are_served_and_told_as_text),
		TEST(objects_are_calls_of_what_is_offered_or_of_nothing_else),
		TEST(an_agent_without_tools_makes_no_calls),
		TEST(thoughts_alone_are_no_answer),
		TEST(no_mark_is_seen_on_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
