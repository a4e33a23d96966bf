/* test_inner.c - what runs inside agent steps: orchestrations, delegates, subtasks */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/inner_run.h"

#include "base/err.h"
#include "base/rng.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/snapshot.h"
#include "memory_host.h"
#include "nest_fixture.h"
#include "run/definition.h"

#include <stdio.h>
#include <string.h>

#define AGENT(id, type, more)                                                            \
	"{\"id\":\"" id "\",\"name\":\"" id "\",\"system_prompt\":\"\","                 \
	"\"model\":\"mock.echo\",\"type\":\"" type "\",\"tools\":[" more "}"
#define ORCHESTRATOR(id, orchestration)                                                  \
	AGENT(id, "orchestrator", "],\"orchestration_id\":\"" orchestration "\"")
#define WORK(id, agent, more)                                                            \
	STEP(id, "agent",                                                                \
	     ",\"agent_id\":\"" agent "\",\"prompt_template\":\"Do {state.user_input}\"" \
	     ",\"output_key\":\"" id "\"" more)

static const struct memory_named agents[] = {
	{ "nests", ORCHESTRATOR("nests", "sub") },
	{ "self", ORCHESTRATOR("self", "self") },
	{ "asks", ORCHESTRATOR("asks", "asks") },
	{ "ask",
	  AGENT("ask", "delegate", "],\"delegate_agent_ids\":[\"ann\",\"asks\"]") },
	{ "lost", ORCHESTRATOR("lost", "nowhere") },
	{ "many", ORCHESTRATOR("many", "large") },
	{ "ends", ORCHESTRATOR("ends", "ends") },
	{ "boss", AGENT("boss", "delegate", "]") },
	{ "split", AGENT("split", "conversational", "\"spawn_subtask\",\"look\"]") },
	{ "ann", AGENT("ann", "conversational", "]") },
	{ NULL, NULL },
};

static const struct memory_named orchestrations[] = {
	{ "sub", ORCH(ECHO("a", "[{state.user_input}]",
			   NEXT("b")) "," PRINT("b", "<{state.a}>", KEY("b"))) },
	{ "self", ORCH(WORK("a", "self", "")) },
	{ "asks",
	  ORCH(STEP("a", "human",
		    ",\"human_prompt\":\"Well?\",\"output_key\":\"a\"" NEXT(
			    "b")) "," PRINT("b", "{state.a.v} it is", KEY("b"))) },
	{ "large", large },
	{ "ends",
	  ORCH(PARALLEL("a", "[[\"b\",\"e\"],[\"c\"]]", NEXT("never")) "," ECHO(
		  "b", "B", "") "," STEP("e", "end",
					 "") "," ECHO("c", "C",
						      "") "," PRINT("never", "no", "")) },
	{ NULL, NULL },
};

static struct memory_host host;
static struct tool_answer found;

static void init(struct memory_host *to, uint32_t snapshot_rows)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	limits.snapshot_rows = snapshot_rows;
	memory_init(to, &limits);
	to->hold_calls = true;
	to->agents = agents;
	to->orchestrations = orchestrations;
	to->tool_name = "look";
	to->tool_schema = "{\"type\":\"object\"}";
	to->tool_answer = &found;
}

static int setup(void **state)
{
	(void)state;
	init(&host, 256);
	str_add_text(&found.text, "found it");
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

static bool offers(const struct llm_request *request, const char *tool)
{
	size_t i;

	for (i = 0; i < request->tools_count; i++)
		if (strcmp(request->tools[i].name, tool) == 0)
			return true;
	return false;
}

/*
 * What a model answers depends on what it is asked alone: whoever may give work does so
 * once, then its answer is what came back; others repeat what they were told.
 */
static void answer(struct memory_host *to, int call)
{
	static const struct memory_call delegating[] = {
		{ "c1", "delegate_to_agent", "{\"agent_id\":\"ann\",\"task\":\"A1\"}" },
		{ "c2", "delegate_to_agent", "{\"agent_id\":\"nests\",\"task\":\"A2\"}" },
		{ NULL, NULL, NULL },
	};
	static const struct memory_call splitting[] = {
		{ "c1", "spawn_subtask", "{\"task\":\"S1\",\"name\":\"one\"}" },
		{ "c2", "look", "{}" },
		{ "c3", "spawn_subtask", "{\"task\":\"S2\",\"tools\":[\"look\"]}" },
		{ NULL, NULL, NULL },
	};
	const struct llm_request *request = &to->calls[call]->request;
	const struct llm_message *last = &request->messages[request->count - 1];
	struct str text = STR_INIT;
	size_t i;

	if (last->role != LLM_TOOL && offers(request, "delegate_to_agent")) {
		memory_answer_calls(to, call, "", delegating);
	} else if (last->role != LLM_TOOL && offers(request, "spawn_subtask")) {
		memory_answer_calls(to, call, "", splitting);
	} else if (last->role != LLM_TOOL) {
		memory_answer(to, call, FAIL_NONE, last->text);
	} else {
		for (i = 0; i < request->count; i++)
			if (request->messages[i].role == LLM_TOOL)
				str_printf(&text, "%s|", request->messages[i].text);
		memory_answer(to, call, FAIL_NONE, str_text(&text));
	}
	str_deinit(&text);
}

static void answer_all(struct memory_host *to, struct rng *rng)
{
	(void)memory_pump(to);
	while (!to->ended && to->calls_count) {
		answer(to, rng ? (int)rng_below(rng, (uint64_t)to->calls_count) : 0);
		(void)memory_pump(to);
	}
}

static struct exec *run_through(const char *definition)
{
	struct exec *exec = memory_run(&host, definition, NULL);

	answer_all(&host, NULL);
	return exec;
}

static void an_orchestrator_s_orchestration_runs_inside(void **state)
{
	struct exec *exec = run_through(ORCH(
		WORK("a", "nests", NEXT("z")) "," PRINT("z", "{state.a}!", KEY("z"))));

	(void)state;
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "<[Do hello]>!");
	/* it is recorded before it begins, and nothing of it is in the state around it */
	expect(&host.rows, "turn a a 1 outside [[\"append\",\"_step_progress_a\",");
	expect(&host.rows, "{\"inner\":[{\"index\":0,\"kind\":\"orchestration\","
			   "\"id\":\"sub\",\"version\":5,\"text\":\"Do hello\"");
	expect(&host.rows, "step a#0/a a 1 [[\"set\",\"a\",\"[Do hello]\"]] -");
	expect_not(&host.final->state, "_step_progress");
	expect_not(&host.final->state, "\"b\"");
	expect(&host.final->history, "\"step_id\":\"a\"");
	expect_not(&host.final->history, "\"step_id\":\"b\"");
	/* its events tell where they are; one final is its own */
	expect(&host.events, "\"orch_step_id\":\"b\",\"step_name\":\"b\"");
	expect(&host.events, ",\"path\":\"a#0\",\"nested_run_id\":\"run_1__a_d1\","
			     "\"nested_orch_id\":\"sub\",\"nested_depth\":1");
	expect(&host.events, "{\"type\":\"final\",\"orch_step_id\":\"a\",\"step_name\":"
			     "\"a\",\"response\":\"<[Do hello]>\",\"intent\":"
			     "\"orchestration\",\"data\":null,\"tool_name\":null,"
			     "\"ts\":1780000000000,\"path\":\"a#0\",\"nested_run_id\"");
	assert_string_equal(str_text(&host.types),
			    "worker_picked_up orchestration_start step_start step_start "
			    "final step_complete step_start final step_complete final "
			    "step_complete step_start final step_complete "
			    "orchestration_complete final done");
	assert_int_equal(host.final->usage.calls, 1);
	exec_free(exec);
}

static void orchestrations_nest_three_deep(void **state)
{
	struct exec *exec = run_through(ORCH(WORK("a", "self", "")));

	(void)state;
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.events, "\"nested_run_id\":\"run_1__a_d1__a_d2__a_d3\"");
	expect(&host.final->error, "\"class\":\"limit\"");
	expect(&host.final->error, "orchestrations are nested deeper than 3");
	exec_free(exec);
}

static void one_that_is_not_there_fails_the_step(void **state)
{
	struct exec *exec = run_through(ORCH(WORK("a", "lost", "")));

	(void)state;
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.final->error, "there is no orchestration 'nowhere'");
	exec_free(exec);
}

static void what_fails_inside_fails_the_step(void **state)
{
	struct exec *exec = memory_run(
		&host,
		ORCH(WORK("a", "nests", NEXT("z") ",\"on_error\":\"continue\"") "," PRINT(
			"z", "went on", KEY("z"))),
		NULL);

	(void)state;
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_PROVIDER, "no");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "went on");
	expect(&host.events, "Step 'a', orchestration 'sub': Step 'a': no");
	expect_not(&host.final->state, "_step_progress");
	exec_free(exec);
}

static void a_retry_begins_it_anew(void **state)
{
	struct exec *exec = memory_run(
		&host,
		ORCH(WORK("a", "nests", ",\"retry\":{\"max\":1,\"backoff_ms\":0}")),
		NULL);

	(void)state;
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_PROVIDER, "no");
	(void)memory_wait(&host, 10);
	assert_int_equal(host.calls_count, 1);
	answer_all(&host, NULL);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "<[Do hello]>");
	exec_free(exec);
}

static void an_end_step_ends_the_inner_run_alone(void **state)
{
	struct exec *exec = memory_run(
		&host,
		ORCH(WORK("a", "ends", NEXT("z")) "," PRINT("z", "{state.a}!", KEY("z"))),
		NULL);

	(void)state;
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 2);
	answer(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "B!");
	expect_not(&host.types, "orchestration_end");
	exec_free(exec);
}

static void delegates_work_at_once_and_their_answers_come_in_order(void **state)
{
	struct exec *exec = memory_run(&host, ORCH(WORK("a", "boss", "")), NULL);

	(void)state;
	(void)memory_pump(&host);
	expect(&host.prompts, "- ann (ann): helps");
	expect_not(&host.prompts, "- boss");
	answer(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 2); /* of ann, and inside what nests runs */
	answer(&host, 1);
	(void)memory_pump(&host);
	answer_all(&host, NULL);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "A1|<[A2]>|");
	expect(&host.events, ",\"path\":\"a#0\",\"delegate_from\":\"ann\","
			     "\"delegate_agent_name\":\"ann\"");
	expect(&host.events, ",\"path\":\"a#1/agent#0\",\"nested_run_id\":"
			     "\"run_1__agent_d1\",\"nested_orch_id\":\"sub\","
			     "\"nested_depth\":1,\"delegate_from\":\"nests\"");
	exec_free(exec);
}

static void subtasks_work_at_once_with_their_tools_alone(void **state)
{
	const struct llm_request *request;
	struct exec *exec = memory_run(&host, ORCH(WORK("a", "split", "")), NULL);

	(void)state;
	(void)memory_pump(&host);
	answer(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 2);
	request = &host.calls[0]->request;
	expect(&host.prompts, "You carry out a part of a larger task");
	expect(&host.prompts, "Turns left: 10\n");
	assert_false(offers(request, "spawn_subtask"));
	assert_true(offers(request, "look"));
	memory_answer(&host, 1, FAIL_PROVIDER, "no"); /* its agent hears of it */
	(void)memory_pump(&host);
	answer_all(&host, NULL);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response),
			    "S1|found it|Error: Step 'subtask': no|");
	expect(&host.events, "\"preview\":\"S1\",\"subtask_name\":\"one\"");
	expect(&host.events, ",\"path\":\"a#0\",\"subtask_name\":\"one\"");
	exec_free(exec);
}

/* ---- what a journal says ---- */

static void print(struct memory_host *of, const char *text, const struct fold_row *rows,
		  size_t n, struct str *out)
{
	static const struct snapshot_clock clock;
	struct definition *definition = memory_definition(text);
	struct memory_host reader;
	struct fold fold;
	struct err err;

	memory_init(&reader, NULL);
	reader.orchestrations = of->orchestrations;
	memory_adopt(&reader, rows, n);
	if (memory_fold(&reader, definition, NULL, &fold, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
	else
		snapshot_print(&fold, &clock, out);
	assert_true(out->len > 0);
	fold_deinit(&fold);
	memory_deinit(&reader);
	definition_unref(definition);
}

/* Rows before the newest snapshot of the first n, less one. */
static size_t before_snapshot(const struct memory_host *of, size_t n)
{
	for (; n > 0; n--)
		if (strcmp(of->journal[n - 1].kind, "snapshot") == 0)
			return n - 2;
	return 0;
}

static void same(const struct str *a, const struct str *b)
{
	if (strcmp(str_text(a), str_text(b)) != 0)
		fail_msg("%s\nand\n%s", str_text(a), str_text(b));
}

static void go_on(struct memory_host *to, const struct memory_host *from,
		  const char *text, size_t n, uint64_t epoch, struct rng *rng)
{
	size_t at = before_snapshot(from, n);
	struct exec *exec;

	init(to, 3);
	to->ids = (uint32_t)(10000 * epoch);
	memory_adopt(to, from->journal + at, n - at);
	exec = memory_resume(to, text, NULL, epoch);
	answer_all(to, rng);
	assert_int_equal(to->ended, 1);
	exec_free(exec);
}

/* A run is left at any of its rows, and again where the second leaves it. */
static void left_anywhere(const char *text, int seeds)
{
	struct str all = STR_INIT, rest = STR_INIT;
	struct memory_host first, second, third;
	struct exec *exec;
	struct rng rng;
	size_t n, from, had;
	int seed;

	for (seed = 0; seed < seeds; seed++) {
		rng_seed(&rng, (uint64_t)seed);
		init(&first, 2 + (uint32_t)(seed % 4));
		exec = memory_run(&first, text, NULL);
		answer_all(&first, &rng);
		assert_int_equal(first.final->status, RUN_COMPLETED);
		exec_free(exec);
		for (n = 1; n <= first.journal_count; n++) {
			from = before_snapshot(&first, n);
			if (!from)
				continue;
			str_reset(&all, 65536);
			str_reset(&rest, 65536);
			print(&first, text, first.journal, n, &all);
			print(&first, text, first.journal + from, n - from, &rest);
			same(&all, &rest);
		}
		for (n = 1; n < first.journal_count; n++) {
			go_on(&second, &first, text, n, 2, &rng);
			same(&second.final->state, &first.final->state);
			same(&second.final->response, &first.final->response);
			had = n - before_snapshot(&first, n);
			if (n % 5 == 0) {
				had += 1 +
				       rng_below(&rng, second.journal_count - had - 1);
				go_on(&third, &second, text, had, 3, &rng);
				same(&third.final->state, &first.final->state);
				memory_deinit(&third);
			}
			memory_deinit(&second);
		}
		memory_deinit(&first);
	}
	str_deinit(&all);
	str_deinit(&rest);
}

static void an_inner_run_may_be_left_anywhere(void **state)
{
	(void)state;
	left_anywhere(
		ORCH(PARALLEL("a", "[[\"n\"],[\"b\"],[\"s\"],[\"l\"]]", NEXT("z")) "," WORK(
			"n", "nests",
			"") "," WORK("b", "boss",
				     "") "," WORK("s", "split",
						  "") "," LOOP("l", "2", "[\"m\"]",
							       "") "," WORK("m", "nests",
									    "") "," PRINT("z",
											  "{state.n} {state.b} {state.s} {state.l}",
											  KEY("z"))),
		6);
}

static void so_may_a_large_one(void **state)
{
	(void)state;
	left_anywhere(
		ORCH(WORK("a", "many", NEXT("z")) "," PRINT("z", "{state.a}", KEY("z"))),
		3);
}

static void a_fold_says_which_orchestration_it_wants(void **state)
{
	static const char text[] = ORCH(WORK("a", "nests", ""));
	struct definition *definition = memory_definition(text);
	struct exec *exec = memory_run(&host, text, NULL);
	struct fold fold;
	struct err err;

	(void)state;
	answer_all(&host, NULL);
	host.orchestrations = NULL;
	assert_int_equal(memory_fold(&host, definition, NULL, &fold, &err),
			 ERR_NOT_FOUND);
	assert_string_equal(fold.wanted.id, "sub");
	assert_int_equal(fold.wanted.version, 5);
	fold_deinit(&fold);
	exec_free(exec);
	definition_unref(definition);
}

static void a_drain_parks_inside(void **state)
{
	(void)state;
	(void)memory_run(&host, ORCH(WORK("a", "boss", "")), NULL);
	(void)memory_pump(&host);
	answer(&host, 0);
	(void)memory_pump(&host);
	engine_drain(host.engine);
	answer(&host, 1); /* behind it a step would begin */
	(void)memory_pump(&host);
	assert_int_equal(host.parked, 0);
	answer(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.parked, 1);
}

/* The pause is stored; another worker goes on, and somebody answers. */
static struct exec *answered_elsewhere(struct exec *exec, const char *definition)
{
	assert_int_equal(host.paused, 1);
	memory_park(&host, exec);
	exec = memory_resume(&host, definition, NULL, 2);
	(void)memory_pump(&host);
	assert_int_equal(host.waits_count, 1);
	assert_true(host.waits[0]->found);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{\"v\":\"yes\"}");
	answer_all(&host, NULL);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	return exec;
}

static void people_are_asked_inside(void **state)
{
	static const char text[] =
		ORCH(WORK("a", "asks", NEXT("z")) "," PRINT("z", "{state.a}!", KEY("z")));
	struct exec *exec = memory_run(&host, text, NULL);

	(void)state;
	(void)memory_pump(&host);
	assert_string_equal(host.waits[0]->path, "a#0/a");
	exec = answered_elsewhere(exec, text);
	assert_string_equal(str_text(&host.final->response), "yes it is!");
	exec_free(exec);
}

static void people_are_waited_for_when_nothing_else_goes_on(void **state)
{
	static const struct memory_call calls[] = {
		{ "c1", "delegate_to_agent", "{\"agent_id\":\"asks\",\"task\":\"A\"}" },
		{ "c2", "delegate_to_agent", "{\"agent_id\":\"ann\",\"task\":\"B\"}" },
		{ NULL, NULL, NULL },
	};
	static const char text[] = ORCH(WORK("a", "ask", ""));
	struct exec *exec = memory_run(&host, text, NULL);

	(void)state;
	(void)memory_pump(&host);
	memory_answer_calls(&host, 0, "", calls);
	(void)memory_pump(&host);
	assert_string_equal(host.waits[0]->path, "a#0/agent#0/a");
	assert_int_equal(host.paused, 0);
	answer(&host, 0);
	(void)memory_pump(&host);
	exec = answered_elsewhere(exec, text);
	assert_string_equal(str_text(&host.final->response), "yes it is|B|");
	exec_free(exec);
}

static void a_cancel_reaches_what_is_inside(void **state)
{
	struct exec *exec = memory_run(&host, ORCH(WORK("a", "boss", "")), NULL);

	(void)state;
	(void)memory_pump(&host);
	answer(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 2);
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	assert_int_equal(host.abandoned, 2);
	expect_not(&host.final->state, "_step_progress");
	exec_free(exec);
}

static void a_step_s_own_time_limit_holds_inside(void **state)
{
	struct exec *exec = memory_run(
		&host, ORCH(WORK("a", "nests", ",\"timeout_seconds\":5")), NULL);

	(void)state;
	(void)memory_pump(&host);
	(void)memory_wait(&host, 5001);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.final->error, "timed out after 5s");
	exec_free(exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_orchestrator_s_orchestration_runs_inside),
		TEST(orchestrations_nest_three_deep),
		TEST(one_that_is_not_there_fails_the_step),
		TEST(what_fails_inside_fails_the_step),
		TEST(a_retry_begins_it_anew),
		TEST(an_end_step_ends_the_inner_run_alone),
		TEST(delegates_work_at_once_and_their_answers_come_in_order),
		TEST(subtasks_work_at_once_with_their_tools_alone),
		TEST(a_fold_says_which_orchestration_it_wants),
		TEST(a_drain_parks_inside),
		TEST(people_are_asked_inside),
		TEST(people_are_waited_for_when_nothing_else_goes_on),
		TEST(a_cancel_reaches_what_is_inside),
		TEST(a_step_s_own_time_limit_holds_inside),
		TEST(an_inner_run_may_be_left_anywhere),
		TEST(so_may_a_large_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
