/* test_nest.c - paths inside steps: branches, their join, iterations, cut anywhere */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/fold.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "memory_host.h"
#include "nest_fixture.h"
#include "run/definition.h"

#include <stdio.h>
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void expect_text(const struct str *text, const char *part)
{
	if (strstr(str_text(text), part))
		return;
	(void)fprintf(stderr, "not in it: %s\n%s\n", part, str_text(text));
	assert_true(false);
}

static int count(const struct str *text, const char *part)
{
	const char *at = str_text(text);
	int n = 0;

	for (; (at = strstr(at, part)); at++)
		n++;
	return n;
}

static void run_through(const char *definition)
{
	struct exec *exec = memory_run(&host, definition, NULL);

	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
}

/* Answer what the call asked. */
static void echo(struct memory_host *it, int call)
{
	const struct llm_request *request = &it->calls[call]->request;

	memory_answer(it, call, FAIL_NONE, request->messages[request->count - 1].text);
}

/* ---- what branches see, and what of it is left ---- */

static void branches_run_at_once_and_join_in_their_order(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		ORCH(PARALLEL("a", "[[\"b\"],[\"c\"],[\"d\"]]", NEXT("m")) "," ECHO("b", "B", NEXT("m")) "," ECHO(
			"c", "C",
			NEXT("x")) "," PRINT("x", "see {state.c} not {state.b}",
					     KEY("b") NEXT(
						     "m")) "," ECHO("d", "D",
								    NEXT("m")) "," STEP("m",
											"merge",
											",\"input_keys\":[\"b\",\"c\",\"d\"]" KEY(
												"m"))),
		NULL);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 3);
	echo(&host, 2);
	(void)memory_pump(&host);
	echo(&host, 1);
	(void)memory_pump(&host);
	echo(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_text(&host.final->state,
		    "\"b\":\"see C not {state.b}\",\"c\":\"C\",\"d\":\"D\"");
	expect_text(&host.events, "\"message\":\"'b': written by several branches");
	expect_text(&host.events, "\"type\":\"branch_start\",\"orch_step_id\":\"a\","
				  "\"branch_count\":3,\"ts\":1780000000000,"
				  "\"path\":\"a#2\",\"branch_index\":2");
	expect_text(&host.rows, "join a a 1 [] -");
	expect_text(&host.rows,
		    "step a#1/x x 1 [[\"set\",\"b\",\"see C not {state.b}\"]] -");
	assert_int_equal(count(&host.types, "parallel_start"), 1);
	assert_int_equal(count(&host.types, "parallel_complete"), 1);
}

static void no_more_than_the_limit_run_at_once(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;
	struct exec *exec;
	int i;

	(void)state;
	memory_deinit(&host);
	limits.parallel_max = 2;
	memory_init(&host, &limits);
	host.hold_calls = true;
	exec = memory_run(&host,
			  ORCH(PARALLEL("a", "[[\"b\"],[\"b\"],[\"b\"],[\"b\"],[\"b\"]]",
					"") "," ECHO("b", "B", "")),
			  NULL);
	for (i = 0; i < 5; i++) {
		(void)memory_pump(&host);
		assert_int_equal(host.calls_count, i < 4 ? 2 : 1);
		assert_int_equal(count(&host.types, "branch_start"), i < 4 ? i + 2 : 5);
		echo(&host, host.calls_count - 1);
	}
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
}

static void steps_that_decide_are_followed_inside_branches(void **state)
{
	(void)state;
	run_through(ORCH(PARALLEL("a", "[[\"i\"],[\"j\",\"k\",\"l\"],[\"n\",\"k\"]]", NEXT("z")) "," IF("i", "True", "\"yes\"", "\"no\"", NEXT("z")) "," PRINT(
		"yes", "taken",
		KEY("y") NEXT(
			"z")) "," PRINT("no", "never",
					KEY("n")) "," IF("j", "True", "\"l\"", "null",
							 "") "," PRINT("k", "over",
								       KEY("k")) "," PRINT("l",
											   "jumped",
											   KEY("l")) "," IF("n",
													    "True",
													    "\"z\"",
													    "null",
													    "") "," PRINT("z",
															  "{state.y} {state.l}",
															  KEY("z"))));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_text(&host.final->response, "taken jumped");
	assert_null(strstr(str_text(&host.final->state), "\"over\""));
	assert_null(strstr(str_text(&host.final->state), "\"never\""));
}

static void the_others_finish_when_a_branch_fails(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		ORCH(PARALLEL("a", "[[\"b\"],[\"f\"],[\"g\"]]", NEXT("z")) "," ECHO("b", "B", "") "," STEP(
			"f", "llm",
			",\"model\":\"mock.fail:tool\"") "," STEP("g", "llm",
								  ",\"model\":\"mock.fail:job\"") "," PRINT("z",
													    "z",
													    "")),
		NULL);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 0);
	echo(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_text(
		&host.final->error,
		"{\"class\":\"tool\",\"step_id\":\"a\",\"message\":\"Step 'a', branch 1: "
		"Step 'f': told to fail\"}");
	expect_text(&host.final->response, "Step 'f': told to fail");
	assert_null(strstr(str_text(&host.final->state), "\"b\":"));
	expect_text(&host.rows, "step a#0/b b 1 [[\"set\",\"b\",\"B\"]] -");
}

static void a_call_of_a_later_execution_is_no_repetition(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		ORCH(PARALLEL("a", "[[\"l\"],[\"f\"]]", ",\"on_error\":\"continue\"" NEXT("a")) "," LOOP(
			"l", "1", "[\"b\", \"f\"]",
			"") "," ECHO("b", "B",
				     "") "," STEP("f", "llm",
						  ",\"model\":\"mock.fail:tool\"")),
		NULL);
	(void)memory_pump(&host);
	assert_string_equal(host.calls[0]->request.key_path, "a#0/l#0/b");
	assert_int_equal(host.calls[0]->request.execution, 1);
	echo(&host, 0);
	(void)memory_pump(&host);
	/* both branches failed: what they had executed is not counted */
	assert_string_equal(host.calls[0]->request.key_path, "a@2#0/l#0/b");
	assert_int_equal(host.calls[0]->request.execution, 1);
	exec_free(exec);
}

static void what_completed_is_joined_when_the_path_goes_on(void **state)
{
	(void)state;
	run_through(ORCH(PARALLEL(
		"a", "[[\"b\"],[\"f\"],[\"c\"]]",
		",\"on_error\":\"continue\",\"output_key\":\"b\"" NEXT(
			"z")) "," ECHO("b", "B",
				       "") "," ECHO("c", "C",
						    "") "," STEP("f", "llm",
								 ",\"model\":\"mock.fail:tool\"") "," PRINT("z",
													    "{state.b} {state.c}",
													    KEY("z"))));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_text(&host.final->response, "{state.b} C");
	expect_text(&host.final->state, "\"b\":null");
}

static void an_end_inside_ends_the_run_with_what_its_path_sees(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		ORCH(PARALLEL("a", "[[\"w\"],[\"p\",\"e\",\"x\"]]", NEXT("z")) "," ECHO(
			"w", "W",
			"") "," PRINT("p", "mine",
				      KEY("p")) "," STEP("e", "end",
							 "") "," PRINT("x", "x",
								       KEY("x")) "," PRINT("z",
											   "z",
											   KEY("z"))),
		NULL);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "mine");
	expect_text(&host.rows, "step a#1/e e 1");
	assert_int_equal(count(&host.types, "parallel_complete"), 0);
	expect_text(&host.types, "orchestration_end orchestration_complete final done");
	expect_text(&host.events, "{\"type\":\"done\",\"ts\":1780000000000,\"seq\"");
}

static void a_branch_has_the_time_of_its_own_steps(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		ORCH(PARALLEL("a", "[[\"b\"],[\"c\"]]", "") "," ECHO(
			"b", "B",
			",\"timeout_seconds\":400") "," ECHO("c", "C",
							     ",\"timeout_seconds\":1000")),
		NULL);
	(void)memory_pump(&host);
	(void)memory_wait(&host, 350000);
	assert_int_equal(host.calls_count, 2); /* 300 s are none of the parallel's */
	(void)memory_wait(&host, 51000);
	assert_int_equal(host.calls_count, 1);
	echo(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	expect_text(&host.final->error, "Step 'b' timed out after 400s");
	exec_free(exec);
}

static void a_time_limit_of_the_whole_cuts_the_branches(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		ORCH(PARALLEL(
			"a", "[[\"b\"],[\"p\"]]",
			",\"timeout_seconds\":10,\"on_error\":\"continue\"" NEXT(
				"z")) "," ECHO("b", "B",
					       "") "," PRINT("p", "P",
							     KEY("p")) "," PRINT("z",
										 "{state.p}",
										 KEY("z"))),
		NULL);
	(void)memory_pump(&host);
	(void)memory_wait(&host, 10000);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "P");
}

static void a_cancel_stops_all_branches(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(&host,
			  ORCH(PARALLEL("a", "[[\"b\"],[\"b\"],[\"b\"]]",
					"") "," ECHO("b", "B", "")),
			  NULL);
	(void)memory_pump(&host);
	host.hold_commits = true;
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	assert_int_equal(host.abandoned, 3);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	exec_free(exec);
}

static void what_does_not_fit_together_is_not_joined(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	(void)state;
	memory_deinit(&host);
	limits.state_max = 100;
	memory_init(&host, &limits);
	run_through(ORCH(PARALLEL("a", "[[\"b\"],[\"c\"]]", "") "," PRINT(
		"b", "0123456789012345678901234567890123456789",
		KEY("b")) "," PRINT("c", "0123456789012345678901234567890123456789",
				    KEY("c"))));
	expect_text(&host.final->error, "\"class\":\"limit\"");
	expect_text(&host.final->error,
		    "the branches joined make a state of more than 100");
	assert_null(strstr(str_text(&host.final->state), "\"b\":"));
}

/* ---- loops ---- */

static void a_loop_collects_what_its_steps_wrote(void **state)
{
	(void)state;
	run_through(ORCH(LOOP("a", "3", "[\"b\",\"c\"]", KEY("all") NEXT("z")) "," PRINT(
		"b", "{state.c}!", KEY("b")) "," PRINT("c", "{state.b}?",
						       KEY("c")) "," PRINT("z", "end",
									   KEY("z"))));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_text(&host.final->state,
		    "\"b\":[{\"iteration\":1,\"agent\":\"b\",\"result\":\"{state.c}!\"},"
		    "{\"iteration\":2,\"agent\":\"b\",\"result\":\"{state.c}!?!\"},"
		    "{\"iteration\":3,\"agent\":\"b\",\"result\":\"{state.c}!?!?!\"}]");
	expect_text(&host.final->state, "\"all\":{\"b\":[{\"iteration\":1,");
	assert_null(strstr(str_text(&host.final->state), "_loop_"));
	expect_text(&host.rows, "step a#1/c c 2 [[\"set\",\"c\",\"{state.c}!?!?\"],"
				"[\"append\",\"_loop_b\",{\"iteration\":2,");
	assert_int_equal(count(&host.rows, "\n"), 2 + 6 + 2);
	expect_text(&host.events,
		    "{\"type\":\"loop_iteration\",\"orch_step_id\":\"a\",\"iteration\":2,"
		    "\"total\":3,\"ts\":1780000000000,\"path\":\"a#1\",\"seq\":");
	expect_text(&host.events,
		    "{\"type\":\"loop_complete\",\"orch_step_id\":\"a\","
		    "\"iterations_completed\":3,\"ts\":1780000000000,\"seq\":");
}

static void an_iteration_ends_where_its_steps_decide(void **state)
{
	(void)state;
	run_through(ORCH(LOOP("a", "4", "[\"p\",\"i\",\"b\"]", NEXT("z")) "," PRINT(
		"p", "{state.user_input}x",
		KEY("user_input")) "," IF("i", "len(state.user_input) > 7", "\"z\"",
					  "null",
					  "") "," PRINT("b", "b",
							KEY("b")) "," PRINT("z", "z",
									    "")));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_int_equal(count(&host.types, "loop_iteration"), 4);
	assert_int_equal(count(&host.rows, "/b b "), 2);
}

static void an_end_inside_a_loop_ends_the_run(void **state)
{
	(void)state;
	run_through(ORCH(LOOP("a", "5", "[\"b\",\"i\",\"e\"]", NEXT("z")) "," PRINT(
		"b", "{state.user_input}x",
		KEY("user_input")) "," IF("i", "len(state.user_input) > 7", "\"e\"",
					  "\"z\"",
					  "") "," STEP("e", "end", "") "," PRINT("z", "z",
										 "")));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_int_equal(count(&host.types, "loop_iteration"), 3);
	assert_string_equal(str_text(&host.final->response), "helloxxx");
}

static void loops_beyond_the_limit_fail(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	(void)state;
	memory_deinit(&host);
	limits.loop_max = 4;
	memory_init(&host, &limits);
	run_through(ORCH(LOOP("a", "5", "[\"b\"]", "") "," PRINT("b", "b", "")));
	expect_text(&host.final->error, "has 5 iterations, more than 4");
}

static void steps_inside_have_a_limit_of_their_own(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	(void)state;
	memory_deinit(&host);
	limits.max_turns = 2;
	limits.max_steps = 7;
	memory_init(&host, &limits);
	run_through(ORCH(LOOP("a", "5", "[\"b\"]", NEXT("c")) "," PRINT(
		"b", "b", "") "," PRINT("c", "c", "")));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	memory_deinit(&host);
	memory_init(&host, &limits);
	run_through(ORCH(LOOP("a", "9", "[\"b\"]", "") "," PRINT("b", "b", "")));
	expect_text(&host.final->error, "Limit of 7 steps in one run exceeded");
}

static void paths_inside_one_another_have_a_depth(void **state)
{
	(void)state;
	run_through(ORCH(LOOP("a", "1", "[\"a\"]", "")));
	expect_text(&host.final->error, "is inside more than 8 parallel steps and loops");
}

/* ---- new attempts of what failed ---- */

static void resume_failed(const char *definition, const char *delta)
{
	const struct fold_row row = { .seq = (int64_t)host.journal_count + 1,
				      .kind = "resume",
				      .path = "",
				      .step_id = "",
				      .delta = delta };
	struct exec *exec;

	assert_int_equal(host.final->status, RUN_FAILED);
	memory_adopt(&host, &row, 1);
	host.ended = 0;
	exec = memory_resume(&host, definition, NULL, 2);
	(void)memory_pump(&host);
	while (!host.ended) {
		echo(&host, 0);
		(void)memory_pump(&host);
	}
	exec_free(exec);
}

static const char forked[] = ORCH(
	PARALLEL("a", "[[\"b\",\"p\"],[\"c\"],[\"l\"]]", NEXT("z")) "," ECHO("b", "B", "") "," PRINT(
		"p", "p",
		KEY("p")) "," ECHO("c", "C",
				   "") "," LOOP("l", "3", "[\"d\"]",
						"") "," ECHO("d", "D",
							     "") "," PRINT("z",
									   "{state.b} {state.p} {state.c}",
									   KEY("z")));

static void only_what_failed_is_done_again(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(&host, forked, NULL);
	(void)memory_pump(&host);
	echo(&host, 1);                                 /* c */
	memory_answer(&host, 0, FAIL_PROVIDER, "busy"); /* b */
	(void)memory_pump(&host);
	echo(&host, 0); /* d, the first */
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_PROVIDER, "busy"); /* the second */
	(void)memory_pump(&host);
	exec_free(exec);
	expect_text(&host.final->error, "Step 'a', branch 0: Step 'b': busy");
	assert_int_equal(host.calls_made, 4);
	resume_failed(forked, "{\"from_step\":null}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "B p C");
	assert_int_equal(host.calls_made, 4 + 1 + 2); /* b, and d twice */
	assert_int_equal(count(&host.types, "parallel_start"), 1);
	assert_int_equal(count(&host.types, "branch_start"), 3);
	assert_int_equal(count(&host.types, "loop_iteration"), 3);
	expect_text(&host.final->state, "\"d\":[{\"iteration\":1,");
}

static void a_new_attempt_may_begin_elsewhere(void **state)
{
	static const char line[] = ORCH(PRINT("a", "A", KEY("a") NEXT("b")) "," STEP(
		"b", "llm",
		",\"model\":\"mock.fail:tool\"" NEXT("c")) "," PRINT("c", "C {state.a}",
								     KEY("c")));

	(void)state;
	run_through(line);
	resume_failed(line, "{\"from_step\":\"c\"}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "C A");
}

static void a_new_attempt_has_all_turns_before_it(void **state)
{
	static const char line[] =
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\",\"max_total_turns\":2,"
		"\"steps\":[" PRINT("a", "A", NEXT("b")) "," PRINT(
			"b", "B", NEXT("c")) "," PRINT("c", "C", KEY("c")) "]}";

	(void)state;
	run_through(line);
	expect_text(&host.final->error, "Global turn limit (2) exceeded");
	resume_failed(line, NULL);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "C");
}

/* ---- drains ---- */

static void a_run_is_parked_when_all_its_branches_are(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		ORCH(PARALLEL("a", "[[\"b\"],[\"c\",\"p\"],[\"d\"]]", "") "," ECHO(
			"b", "B", "") "," ECHO("c", "C",
					       "") "," ECHO("d", "D",
							    "") "," PRINT("p", "p", "")),
		NULL);
	(void)memory_pump(&host);
	engine_drain(host.engine);
	echo(&host, 1);
	(void)memory_pump(&host);
	echo(&host, 1);
	(void)memory_pump(&host);
	assert_int_equal(host.parked, 0);
	echo(&host, 0);
	(void)memory_pump(&host);
	assert_int_equal(host.parked, 1);
	(void)exec;
}

/* ---- cut anywhere, in any order ---- */

/* Long texts: where they part. */
static void same_text(const struct str *a, const struct str *b)
{
	const char *x = str_text(a), *y = str_text(b);
	size_t at = 0;

	while (x[at] && x[at] == y[at])
		at++;
	if (x[at] == y[at])
		return;
	at = at > 200 ? at - 200 : 0;
	(void)fprintf(stderr, "%.500s\nand\n%.500s\n", x + at, y + at);
	assert_true(false);
}

static void same_end(const struct memory_host *a, const struct memory_host *b)
{
	assert_int_equal(a->final->status, b->final->status);
	same_text(&a->final->state, &b->final->state);
	same_text(&a->final->history, &b->final->history);
	same_text(&a->final->response, &b->final->response);
	same_text(&a->final->error, &b->final->error);
}

/* Answers in an order that the seed makes. */
static void run_to_the_end(struct memory_host *it, struct rng *rng)
{
	(void)memory_pump(it);
	while (!it->ended) {
		assert_true(it->calls_count > 0);
		echo(it, (int)rng_below(rng, (uint64_t)it->calls_count));
		(void)memory_pump(it);
	}
}

static void whatever_the_order_is_and_wherever_it_is_cut(void **state)
{
	struct memory_host other, rest;
	struct exec *exec;
	struct rng rng;
	size_t n;
	int seed;

	(void)state;
	run_through(large);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	for (seed = 0; seed < 40; seed++) {
		rng_seed(&rng, (uint64_t)seed);
		memory_init(&other, NULL);
		other.hold_calls = true;
		exec = memory_run(&other, large, NULL);
		run_to_the_end(&other, &rng);
		exec_free(exec);
		same_end(&other, &host);
		n = rng_below(&rng, other.journal_count - 1);

		memory_init(&rest, NULL);
		rest.hold_calls = true;
		rest.ids = 10000;
		memory_adopt(&rest, other.journal, n);
		exec = memory_resume(&rest, large, NULL, 2);
		run_to_the_end(&rest, &rng);
		exec_free(exec);
		same_end(&rest, &host);
		assert_int_equal(rest.final->usage.calls, host.final->usage.calls);
		memory_deinit(&rest);
		memory_deinit(&other);
	}
}

static void a_cut_behind_every_row(void **state)
{
	struct memory_host rest;
	struct exec *exec;
	size_t n;

	(void)state;
	run_through(large);
	for (n = 0; n + 1 < host.journal_count; n++) {
		memory_init(&rest, NULL);
		rest.ids = 10000;
		memory_adopt(&rest, host.journal, n);
		exec = memory_resume(&rest, large, NULL, 2);
		(void)memory_pump(&rest);
		assert_int_equal(rest.ended, 1);
		exec_free(exec);
		same_end(&rest, &host);
		memory_deinit(&rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(branches_run_at_once_and_join_in_their_order),
		TEST(no_more_than_the_limit_run_at_once),
		TEST(steps_that_decide_are_followed_inside_branches),
		TEST(a_call_of_a_later_execution_is_no_repetition),
		TEST(the_others_finish_when_a_branch_fails),
		TEST(what_completed_is_joined_when_the_path_goes_on),
		TEST(an_end_inside_ends_the_run_with_what_its_path_sees),
		TEST(a_branch_has_the_time_of_its_own_steps),
		TEST(a_time_limit_of_the_whole_cuts_the_branches),
		TEST(a_cancel_stops_all_branches),
		TEST(what_does_not_fit_together_is_not_joined),
		TEST(a_loop_collects_what_its_steps_wrote),
		TEST(an_iteration_ends_where_its_steps_decide),
		TEST(an_end_inside_a_loop_ends_the_run),
		TEST(loops_beyond_the_limit_fail),
		TEST(steps_inside_have_a_limit_of_their_own),
		TEST(paths_inside_one_another_have_a_depth),
		TEST(only_what_failed_is_done_again),
		TEST(a_new_attempt_may_begin_elsewhere),
		TEST(a_new_attempt_has_all_turns_before_it),
		TEST(a_run_is_parked_when_all_its_branches_are),
		TEST(whatever_the_order_is_and_wherever_it_is_cut),
		TEST(a_cut_behind_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
