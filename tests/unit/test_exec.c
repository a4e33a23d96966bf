/* test_exec.c - runs from their first event to their last */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

#include "engine/call.h"
#include "memory_host.h"
#include "run/definition.h"

#include <stdio.h>
#include <string.h>

#define ORCH(entry, steps)                                                               \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":" entry ",\"steps\":[" steps "]}"
#define PRINT(id, text, more)                                                            \
	"{\"id\":\"" id "\",\"name\":\"" id                                              \
	"\",\"type\":\"print\",\"print_content\":\"" text "\"" more "}"
#define LLM(id, model, more)                                                             \
	"{\"id\":\"" id "\",\"name\":\"" id "\",\"type\":\"llm\",\"model\":\"" model     \
	"\"" more "}"
#define END(id)  "{\"id\":\"" id "\",\"name\":\"" id "\",\"type\":\"end\"}"
#define OUT(key) ",\"output_key\":\"" key "\""
#define NEXT(id) ",\"next_step_id\":\"" id "\""

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

/* A run from start to end whose ops complete at once. */
static void run_through(const char *definition)
{
	struct exec *exec = memory_run(&host, definition, NULL);

	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.ended, 1);
	assert_int_equal(exec->status, host.final->status);
	exec_free(exec);
}

static void expect_error(const char *want)
{
	assert_string_equal(str_text(&host.final->error), want);
}

static void a_one_step_run_has_the_events_of_the_contract(void **state)
{
	(void)state;
	run_through(ORCH("\"s1\"", PRINT("s1", "Hi {state.user_input}", OUT("out"))));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(
		str_text(&host.events),
		"{\"type\":\"worker_picked_up\",\"worker_id\":\"w\",\"run_id\":\"run_1\","
		"\"ts\":1780000000000,\"seq\":1,\"epoch\":1}\n"
		"{\"type\":\"orchestration_start\",\"run_id\":\"run_1\","
		"\"orchestration_id\":\"o\",\"orchestration_name\":\"O\","
		"\"ts\":1780000000000,\"seq\":2,\"epoch\":1}\n"
		"{\"type\":\"step_start\",\"orch_step_id\":\"s1\",\"step_name\":\"s1\","
		"\"step_type\":\"print\",\"ts\":1780000000000,\"seq\":3,\"epoch\":1}\n"
		"{\"type\":\"final\",\"orch_step_id\":\"s1\",\"step_name\":\"s1\","
		"\"response\":\"Hi hello\",\"ts\":1780000000000,\"seq\":4,\"epoch\":1}\n"
		"{\"type\":\"step_complete\",\"orch_step_id\":\"s1\",\"step_name\":\"s1\","
		"\"duration_seconds\":0.00,\"ts\":1780000000000,\"seq\":5,\"epoch\":1}\n"
		"{\"type\":\"orchestration_complete\",\"run_id\":\"run_1\","
		"\"status\":\"completed\",\"final_state\":{\"user_input\":\"hello\","
		"\"user_query\":\"hello\",\"out\":\"Hi hello\"},"
		"\"ts\":1780000000000,\"seq\":6,\"epoch\":1}\n"
		"{\"type\":\"final\",\"response\":\"Hi hello\",\"intent\":\"orchestration\","
		"\"data\":{\"run_id\":\"run_1\",\"status\":\"completed\",\"step_history\":["
		"{\"step_id\":\"s1\",\"step_name\":\"s1\",\"step_type\":\"print\","
		"\"status\":\"completed\",\"started_at\":\"2026-05-28T20:26:40Z\","
		"\"ended_at\":\"2026-05-28T20:26:40Z\",\"duration_seconds\":0.00,"
		"\"output_key\":\"out\"}],\"shared_state\":{\"user_input\":\"hello\","
		"\"user_query\":\"hello\",\"out\":\"Hi hello\"}},\"tool_name\":null,"
		"\"ts\":1780000000000,\"seq\":7,\"epoch\":1}\n"
		"{\"type\":\"done\",\"ts\":1780000000000,\"seq\":8,\"epoch\":1}\n");
	assert_string_equal(str_text(&host.final->response), "Hi hello");
	assert_string_equal(str_text(&host.final->state),
			    "{\"user_input\":\"hello\",\"user_query\":\"hello\","
			    "\"out\":\"Hi hello\"}");
	assert_int_equal(host.final->error.len, 0);
}

static void a_step_is_one_row_with_what_follows_from_it(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"", PRINT("a", "1", OUT("x") NEXT("b/2")) "," PRINT(
					  "b/2", "2", NEXT("e")) "," END("e")));
	assert_string_equal(str_text(&host.rows), "start - - 0 [] -\n"
						  "step a a 1 [[\"set\",\"x\",\"1\"]] -\n"
						  "step b%2F2 b/2 1 [] -\n"
						  "step e e 1 [] -\n");
	assert_string_equal(
		str_text(&host.types),
		"worker_picked_up orchestration_start step_start "
		"final step_complete step_start final step_complete step_start "
		"orchestration_end orchestration_complete final done");
	assert_string_equal(str_text(&host.final->response), "1");
	assert_non_null(strstr(str_text(&host.events), "\"seq\":13,\"epoch\":1}"));
}

static void the_next_step_waits_for_the_row(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_commits = true;
	exec = memory_run(
		&host,
		ORCH("\"a\"", LLM("a", "mock.echo", NEXT("b")) "," PRINT("b", "x", "")),
		NULL);
	assert_true(memory_pump(&host) > 0);
	assert_string_equal(str_text(&host.types),
			    "worker_picked_up orchestration_start step_start");
	assert_int_equal(host.calls_made, 0);
	memory_commit(&host);
	assert_int_equal(host.calls_made, 0); /* completion enters no code */
	(void)memory_pump(&host);
	assert_int_equal(host.calls_made, 1);
	assert_non_null(strstr(str_text(&host.types), "step_complete step_start"));
	assert_int_equal(host.ended, 0);
	memory_commit(&host);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
}

static void an_empty_graph_completes_with_no_step(void **state)
{
	(void)state;
	run_through(ORCH("\"\"", ""));
	assert_string_equal(
		str_text(&host.types),
		"worker_picked_up orchestration_start orchestration_complete final done");
	assert_string_equal(str_text(&host.rows), "start - - 0 [] -\n");
	assert_string_equal(str_text(&host.final->response),
			    "Orchestration completed: 0 steps executed.");
}

static void inputs_are_merged_into_the_state(void **state)
{
	struct exec *exec =
		memory_run(&host, ORCH("\"a\"", PRINT("a", "{state.who.name}", OUT("x"))),
			   "{\"who\":{\"name\":\"Ann\"}}");

	(void)state;
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.final->response), "Ann");
	exec_free(exec);
}

static void a_run_with_bad_inputs_fails_at_once_with_its_events(void **state)
{
	struct exec *exec = memory_run(&host, ORCH("\"a\"", PRINT("a", "x", "")), "[1]");

	(void)state;
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.types),
			    "worker_picked_up orchestration_start orchestration_error "
			    "orchestration_complete final done");
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_error("{\"class\":\"job\",\"step_id\":null,"
		     "\"message\":\"inputs must be an object, not array\"}");
	assert_string_equal(str_text(&host.final->response),
			    "Orchestration failed: inputs must be an object, not array");
	exec_free(exec);
}

static void blank_content_is_warned_about_and_empty(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"", PRINT("a", " \\n ", OUT("x"))));
	assert_string_equal(
		str_text(&host.types),
		"worker_picked_up orchestration_start step_start step_warning "
		"step_complete orchestration_complete final done");
	assert_non_null(strstr(str_text(&host.rows), "[\"set\",\"x\",\"\"]"));
}

static void an_llm_step_thinks_asks_and_answers(void **state)
{
	(void)state;
	run_through(ORCH(
		"\"a\"",
		PRINT("a", "ctx", OUT("c") NEXT("b")) "," LLM(
			"b", "mock.echo",
			OUT("out") ",\"input_keys\":[\"c\",\"user_input\",\"none\"],"
				   "\"prompt_template\":\"Say {state.c} {state.user_input.x}\"")));
	assert_string_equal(str_text(&host.final->response),
			    "Say ctx {state.user_input.x}");
	assert_string_equal(
		str_text(&host.lives),
		"{\"type\":\"thinking\",\"orch_step_id\":\"b\",\"step_name\":\"b\","
		"\"message\":\"calling model\",\"ts\":1780000000000,\"seq\":6,\"epoch\":1,"
		"\"sub\":1}\n");
	assert_string_equal(
		str_text(&host.prompts),
		"system: You carry out one step of a workflow. Answer with the "
		"step's result alone.\n\nWorkflow: O\nStep: b\n"
		"Your answer is stored as: out\nReached: behind step 'a'\n"
		"\n---\n\nMain goal, in the user's words:\nhello\n"
		"\n---\n\nContext from earlier steps:\n\n[c] by step 'a'\nctx\n"
		"\n---\n\nWorkflow: O\nSteps:\n"
		"1. a (print) -> c x1, then 2\n"
		"2. b (llm) -> out   <- this step\n"
		"You are at step 2 of 2, in its execution number 1.\n\n"
		"user: Say ctx {state.user_input.x}\n");
	assert_string_equal(
		str_text(&host.usage),
		"[{\"model\":\"mock.echo\",\"calls\":1,\"input_tokens\":10,"
		"\"output_tokens\":2,\"cache_read_tokens\":0,\"cache_write_tokens\":0,"
		"\"cache_hits\":0,\"cost_usd\":0.25,\"savings_usd\":0.0}]");
	assert_int_equal(host.final->usage.calls, 1);
	assert_int_equal(host.final->usage.input_tokens, 10);
}

static void without_a_template_the_user_input_is_the_task(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"", LLM("a", "mock.echo", OUT("out"))));
	assert_string_equal(str_text(&host.final->response), "hello");
}

static void a_failed_step_fails_the_run_with_a_typed_error(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"", LLM("a", "mock.fail:provider",
				      NEXT("b")) "," PRINT("b", "x", "")));
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_string_equal(str_text(&host.types),
			    "worker_picked_up orchestration_start step_start step_error "
			    "orchestration_complete final done");
	assert_non_null(strstr(str_text(&host.events),
			       "{\"type\":\"step_error\",\"orch_step_id\":\"a\","
			       "\"error\":\"Step 'a': told to fail\","
			       "\"error_class\":\"provider\",\"attempt\":1,\"ts\""));
	expect_error("{\"class\":\"provider\",\"step_id\":\"a\","
		     "\"message\":\"Step 'a': told to fail\"}");
	assert_string_equal(str_text(&host.final->response),
			    "Orchestration failed: Step 'a': told to fail");
	assert_non_null(strstr(str_text(&host.final->history), "\"status\":\"failed\""));
	assert_int_equal(host.final->usage.calls, 1);
}

static void on_error_continue_leaves_null_and_goes_on(void **state)
{
	(void)state;
	run_through(ORCH(
		"\"a\"",
		LLM("a", "mock.fail:tool",
		    OUT("x") NEXT(
			    "b") ",\"on_error\":\"continue\"") "," PRINT("b",
									 "got {state.x}",
									 OUT("y"))));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_non_null(strstr(str_text(&host.types), "step_error step_start final"));
	assert_non_null(strstr(str_text(&host.rows),
			       "step a a 1 [[\"set\",\"x\",null]] {\"class\":\"tool\""));
	assert_string_equal(str_text(&host.final->response), "got {state.x}");
	assert_int_equal(host.final->error.len, 0);
}

static void the_deltas_over_the_seed_give_the_final_state(void **state)
{
	/* clang-format off */
	static const char definition[] = ORCH(
		"\"a\"",
		PRINT("a", "1", OUT("x") NEXT("b")) ","
		LLM("b", "mock.fail:tool", OUT("x") NEXT("c") ",\"on_error\":\"continue\"") ","
		PRINT("c", "{state.user_input}\\\"", OUT("y") NEXT("a") ",\"max_iterations\":2"));
	/* clang-format on */
	struct exec *exec = memory_run(&host, definition, "{\"i\":[1]}");
	struct str out = STR_INIT;
	struct state folded;
	char *line, *rest = NULL;

	(void)state;
	state_init(&folded, 0);
	assert_int_equal(
		state_seed(&folded, exec->definition, "hello", 5, "{\"i\":[1]}", 9, NULL),
		0);
	(void)memory_pump(&host);
	for (line = strtok_r(host.deltas.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		assert_int_equal(state_apply(&folded, line, strlen(line), NULL), 0);
	state_print(&folded, &out);
	assert_string_equal(str_text(&out), str_text(&host.final->state));
	assert_non_null(strstr(str_text(&out), "\"y\":\"hello\\\"\""));
	state_deinit(&folded);
	str_deinit(&out);
	exec_free(exec);
}

static void a_null_that_does_not_fit_leaves_no_older_value(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	(void)state;
	memory_deinit(&host);
	limits.state_max = 38; /* hello twice takes 34, x and its 1 take 2 */
	memory_init(&host, &limits);
	run_through("{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\","
		    "\"state_schema\":{\"x\":{\"default\":1}},\"steps\":[" LLM(
			    "a", "mock.fail:tool",
			    OUT("x") ",\"on_error\":\"continue\"") "]}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_non_null(strstr(str_text(&host.rows), "[[\"del\",\"x\"]]"));
	assert_null(strstr(str_text(&host.final->state), "\"x\""));
}

static void a_failure_with_a_text_from_outside_is_mended_and_cut(void **state)
{
	struct exec *exec =
		memory_run(&host, ORCH("\"a\"", LLM("a", "mock.sleep:1", "")), NULL);
	char text[6000];

	(void)state;
	(void)memory_pump(&host);
	memset(text, 'e', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[0] = '\xFF';
	memory_answer(&host, 0, FAIL_PROVIDER, text);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.final->error), "Step 'a': \xEF\xBF\xBD"
							     "ee"));
	assert_true(host.final->error.len < 4200);
	exec_free(exec);
}

static void on_error_route_goes_where_it_says(void **state)
{
	(void)state;
	run_through(ORCH(
		"\"a\"",
		LLM("a", "mock.fail:job", NEXT("b") ",\"on_error\":\"route\",\"on_error_step_id\":\"c\"") "," PRINT(
			"b", "wrong", OUT("y")) "," PRINT("c", "right", OUT("y"))));
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "right");
}

#define RETRY(max, ms, on)                                                               \
	",\"retry\":{\"max\":" max ",\"backoff_ms\":" ms ",\"on\":" on "}"

static void a_retried_step_waits_and_succeeds(void **state)
{
	struct exec *exec;
	int64_t next_ms;

	(void)state;
	host.fail_first = 2;
	exec = memory_run(
		&host,
		ORCH("\"a\"", LLM("a", "mock.echo",
				  OUT("x") RETRY("3", "1000", "[\"provider\"]"))),
		NULL);
	next_ms = memory_pump(&host);
	assert_true(next_ms >= 500 && next_ms <= 1000);
	assert_int_equal(memory_wait(&host, next_ms - 1), 1);
	assert_int_equal(host.calls_made, 1);
	next_ms = memory_wait(&host, 1);
	assert_int_equal(host.calls_made, 2);
	assert_true(next_ms >= 1000 && next_ms <= 2000);
	(void)memory_wait(&host, next_ms);
	assert_int_equal(host.calls_made, 3);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(
		str_text(&host.types),
		"worker_picked_up orchestration_start step_start step_error "
		"step_error final step_complete orchestration_complete final done");
	assert_non_null(strstr(str_text(&host.events), "\"attempt\":2,\"retry_in_ms\":"));
	assert_int_equal(host.final->usage.calls, 3);
	assert_string_equal(
		str_text(&host.rows),
		"start - - 0 [] -\nstep a a 1 [[\"set\",\"x\",\"hello\"]] -\n");
	exec_free(exec);
}

static void retries_end_and_other_classes_are_not_retried(void **state)
{
	(void)state;
	run_through(ORCH(
		"\"a\"",
		LLM("a", "mock.fail:tool",
		    ",\"on_error\":\"continue\"" NEXT("b")
			    RETRY("2", "0", "[\"tool\"]")) "," LLM("b", "mock.fail:job",
								   RETRY("5", "0",
									 "[\"tool\"]"))));
	assert_int_equal(host.calls_made, 4);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_error("{\"class\":\"job\",\"step_id\":\"b\","
		     "\"message\":\"Step 'b': told to fail\"}");
}

static void a_step_that_takes_too_long_fails_and_its_call_is_abandoned(void **state)
{
	struct exec *exec = memory_run(
		&host,
		ORCH("\"a\"", LLM("a", "mock.sleep:100000", ",\"timeout_seconds\":2")),
		NULL);

	(void)state;
	assert_int_equal(memory_pump(&host), 2000);
	assert_int_equal(memory_wait(&host, 1999), 1);
	assert_int_equal(host.abandoned, 0);
	(void)memory_wait(&host, 1);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_error("{\"class\":\"limit\",\"step_id\":\"a\","
		     "\"message\":\"Step 'a' timed out after 2s\"}");
	exec_free(exec);
}

static void a_timed_out_attempt_can_be_retried(void **state)
{
	struct exec *exec =
		memory_run(&host,
			   ORCH("\"a\"", LLM("a", "mock.sleep:9",
					     OUT("x") ",\"timeout_seconds\":2" RETRY(
						     "1", "0", "[\"limit\"]"))),
			   NULL);

	(void)state;
	(void)memory_pump(&host);
	(void)memory_wait(&host, 2000);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.calls_made, 2);
	memory_answer(&host, 0, FAIL_NONE, "late");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "late");
	exec_free(exec);
}

static void an_answer_in_the_same_turn_as_the_timeout_counts(void **state)
{
	struct exec *exec = memory_run(
		&host, ORCH("\"a\"", LLM("a", "mock.sleep:9", ",\"timeout_seconds\":2")),
		NULL);

	(void)state;
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_NONE, "just");
	(void)memory_wait(&host, 2000);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void a_run_beyond_its_time_fails(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\","
		"\"timeout_minutes\":1,\"steps\":[" LLM("a", "mock.echo", "") "]}",
		NULL);
	assert_int_equal(memory_pump(&host), 60000);
	(void)memory_wait(&host, 60000);
	assert_int_equal(host.abandoned, 1);
	assert_string_equal(str_text(&host.types),
			    "worker_picked_up orchestration_start step_start "
			    "orchestration_error orchestration_complete final done");
	expect_error("{\"class\":\"limit\",\"step_id\":\"a\","
		     "\"message\":\"Orchestration timed out after 60s\"}");
	exec_free(exec);
}

static void a_cancelled_call_is_abandoned_and_the_run_ends(void **state)
{
	struct exec *exec =
		memory_run(&host,
			   ORCH("\"a\"", LLM("a", "mock.sleep:100000",
					     NEXT("b")) "," PRINT("b", "x", "")),
			   NULL);

	(void)state;
	(void)memory_pump(&host);
	exec_cancel(exec);
	assert_int_equal(host.abandoned, 0); /* it only marks */
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.abandoned, 1);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	assert_string_equal(str_text(&host.types),
			    "worker_picked_up orchestration_start step_start "
			    "orchestration_complete final done");
	assert_non_null(
		strstr(str_text(&host.rows),
		       "step a a 1 [] {\"class\":\"cancelled\",\"step_id\":\"a\""));
	exec_cancel(exec); /* too late, harmless */
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
}

static void a_run_cancelled_before_its_first_turn_executes_nothing(void **state)
{
	/* the first step would be over before anybody could look */
	struct exec *exec = memory_run(
		&host,
		ORCH("\"p\"", PRINT("p", "x", NEXT("a")) "," LLM("a", "mock.echo", "")),
		NULL);

	(void)state;
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_made, 0);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	assert_string_equal(
		str_text(&host.types),
		"worker_picked_up orchestration_start orchestration_complete final done");
	exec_free(exec);
}

static void a_cancel_during_a_commit_waits_for_it(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_commits = true;
	exec = memory_run(&host, ORCH("\"a\"", LLM("a", "mock.echo", "")), NULL);
	(void)memory_pump(&host);
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 0);
	memory_commit(&host);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	assert_int_equal(host.calls_made, 0);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	exec_free(exec);
}

static void a_cancel_ends_the_pause_before_a_retry(void **state)
{
	struct exec *exec =
		memory_run(&host,
			   ORCH("\"a\"", LLM("a", "mock.fail:tool",
					     RETRY("3", "60000", "[\"tool\"]"))),
			   NULL);

	(void)state;
	assert_true(memory_pump(&host) > 0);
	exec_cancel(exec);
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.calls_made, 1);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	exec_free(exec);
}

static void the_loop_guard_passes_on_to_the_next_step(void **state)
{
	(void)state;
	/* a and b: twice; d: once more, since both are passed over */
	/* clang-format off */
	run_through(ORCH(
		"\"a\"",
		PRINT("a", "x", NEXT("b") ",\"max_iterations\":2") ","
		PRINT("b", "y", NEXT("d") ",\"max_iterations\":2") ","
		PRINT("d", "z", NEXT("a"))));
	/* clang-format on */
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.types),
			       "step_complete loop_limit_reached loop_limit_reached "
			       "step_start final step_complete"));
	assert_non_null(strstr(str_text(&host.events),
			       "{\"type\":\"loop_limit_reached\",\"orch_step_id\":\"a\","
			       "\"iterations\":2,\"max_iterations\":2"));
	assert_non_null(strstr(str_text(&host.rows), "step d d 3 "));
}

static void a_cycle_of_spent_steps_fails(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"", PRINT("a", "x", NEXT("a") ",\"max_iterations\":2")));
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_error(
		"{\"class\":\"limit\",\"step_id\":\"a\",\"message\":\"Every step of a "
		"cycle reached its max_iterations, at 'a'\"}");
}

static void the_execution_counts_from_one(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"",
			 PRINT("a", "x", NEXT("b") ",\"max_iterations\":2") "," PRINT(
				 "b", "y", NEXT("a") ",\"max_iterations\":1")));
	assert_non_null(strstr(str_text(&host.rows), "step a a 2 "));
}

static void too_many_turns_fail_the_run(void **state)
{
	(void)state;
	run_through(
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\",\"max_total_turns\":3,"
		"\"steps\":[" PRINT("a", "x", NEXT("a") ",\"max_iterations\":50") "]}");
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_error("{\"class\":\"limit\",\"step_id\":\"a\","
		     "\"message\":\"Global turn limit (3) exceeded\"}");
	assert_non_null(
		strstr(str_text(&host.types),
		       "step_complete orchestration_error orchestration_complete"));
}

static void an_unknown_successor_fails_the_run(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"", PRINT("a", "x", NEXT("zz"))));
	expect_error("{\"class\":\"job\",\"step_id\":\"a\","
		     "\"message\":\"Step 'zz' does not exist\"}");
}

static void a_type_that_is_not_executed_fails_the_run(void **state)
{
	(void)state;
	run_through(ORCH("\"a\"", "{\"id\":\"a\",\"name\":\"A\",\"type\":\"spell\"}"));
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.final->error), "does not execute"));
}

static void limited(struct memory_host *it, size_t state_max, size_t output_max)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	memory_deinit(it);
	limits.state_max = state_max;
	limits.output_max = output_max;
	limits.max_turns = 5;
	memory_init(it, &limits);
}

static void outputs_and_states_beyond_their_limits_fail_the_step(void **state)
{
	(void)state;
	limited(&host, 100, 20);
	run_through(
		ORCH("\"a\"",
		     PRINT("a", "0123456789012345678",
			   ",\"on_error\":\"continue\"" NEXT(
				   "b")) "," PRINT("b", "012345678901234567890123456789",
						   "")));
	assert_non_null(
		strstr(str_text(&host.events), "an output of 21 bytes, more than 20"));
	assert_non_null(strstr(str_text(&host.final->error), "\"class\":\"limit\""));
	assert_non_null(strstr(str_text(&host.final->error), "more than 20 bytes"));

	limited(&host, 40, 100);
	run_through(ORCH("\"a\"", PRINT("a", "0123456789", OUT("x"))));
	assert_non_null(strstr(str_text(&host.final->error),
			       "the state would have 47 bytes with 'x', more than 40"));
}

static void the_engines_turns_bound_a_definitions(void **state)
{
	(void)state;
	limited(&host, 1000, 100);
	run_through(ORCH("\"a\"", PRINT("a", "x", NEXT("a") ",\"max_iterations\":50")));
	assert_non_null(strstr(str_text(&host.final->error), "turn limit (5)"));
}

static void a_large_state_is_left_out_of_events_and_said_so(void **state)
{
	struct str inputs = STR_INIT;
	struct exec *exec;
	int i;

	(void)state;
	str_add_text(&inputs, "{\"big\":\"");
	for (i = 0; i < 300; i++)
		str_printf(&inputs, "%01024d", i);
	str_add_text(&inputs, "\"}");
	exec = memory_run(&host, ORCH("\"a\"", PRINT("a", "{state.big}", OUT("x"))),
			  str_text(&inputs));
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_int_equal(host.final->response.len, 300 * 1024);
	assert_true(host.final->state.len > 600 * 1024);
	assert_non_null(
		strstr(str_text(&host.events), "\"final_state\":{},\"truncated\":true,"));
	assert_true(host.events.len < 3 * 256 * 1024);
	exec_free(exec);
	str_deinit(&inputs);
}

static void text_that_postgres_cannot_store_is_mended(void **state)
{
	struct exec *exec = memory_run(
		&host, ORCH("\"a\"", LLM("a", "mock.sleep:1", OUT("x"))), NULL);

	(void)state;
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_NONE,
		      "a\xFF"
		      "b");
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.final->response), "a\xEF\xBF\xBD"
							     "b");
	exec_free(exec);
}

static void a_lost_run_is_freed_from_inside_a_commit(void **state)
{
	(void)state;
	host.free_at_commit = true;
	(void)memory_run(&host, ORCH("\"a\"", PRINT("a", "x", "")), NULL);
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.engine->runs, 0);
	assert_int_equal(host.ended, 0);
	assert_int_equal(host.held_count, 0);
}

static void a_run_is_freed_at_any_moment(void **state)
{
	static const char definition[] = ORCH("\"a\"", LLM("a", "mock.sleep:100000", ""));
	struct exec *exec;

	(void)state;
	exec_free(memory_run(&host, definition, NULL)); /* before its first turn */
	exec = memory_run(&host, definition, NULL);
	(void)memory_pump(&host);
	exec_free(exec); /* in a call */
	assert_int_equal(host.abandoned, 1);
	host.hold_commits = true;
	exec = memory_run(&host, definition, NULL);
	(void)memory_pump(&host);
	exec_free(exec); /* in a commit */
	assert_int_equal(host.held_count, 0);
	exec = memory_run(&host, definition, NULL);
	(void)memory_pump(&host);
	memory_commit(&host);
	exec_free(exec); /* committed, not resumed */
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.ended, 0);
	exec_free(NULL);
}

static void a_run_may_be_freed_from_inside_its_end(void **state)
{
	(void)state;
	host.free_at_end = true;
	(void)memory_run(&host, ORCH("\"a\"", PRINT("a", "x", "")), NULL);
	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.ended, 1);
	assert_int_equal(host.engine->runs, 0);
}

static void tokens_are_coalesced_into_live_events(void **state)
{
	struct exec *exec = memory_run(
		&host, ORCH("\"a\"", LLM("a", "mock.tokens:9:9", OUT("x"))), NULL);
	struct llm_call *call;

	(void)state;
	(void)memory_pump(&host);
	str_reset(&host.lives, 0);
	call = host.calls[0];
	call_token(call, "one", 3);
	assert_non_null(strstr(str_text(&host.lives),
			       "{\"type\":\"llm_token\",\"orch_step_id\":\"a\","
			       "\"text\":\"one\",\"ts\":1780000000000,\"seq\":3,"
			       "\"epoch\":1,\"sub\":2}\n"));
	str_reset(&host.lives, 0);
	call_token(call, " two", 4);
	call_token(call, " thr\xC3", 5);
	assert_int_equal(host.lives.len, 0);
	assert_true(host.wanted > 0);
	assert_int_equal(memory_pump(&host), 50);
	(void)memory_wait(&host, 50);
	assert_non_null(strstr(str_text(&host.lives), "\"text\":\" two thr\","));
	str_reset(&host.lives, 0);
	call_token(call, "\xA4", 1);
	memory_answer(&host, 0, FAIL_NONE, "one two thr\xC3\xA4");
	(void)memory_pump(&host);
	assert_non_null(strstr(str_text(&host.lives), "\"text\":\"\xC3\xA4\","));
	assert_string_equal(str_text(&host.final->response), "one two thr\xC3\xA4");
	exec_free(exec);
}

static void tokens_of_an_abandoned_call_leave_no_timer(void **state)
{
	struct exec *exec = memory_run(
		&host, ORCH("\"a\"", LLM("a", "mock.tokens:9:9", OUT("x"))), NULL);

	(void)state;
	(void)memory_pump(&host);
	call_token(host.calls[0], "a", 1);
	call_token(host.calls[0], "b", 1);
	exec_free(exec);
	assert_int_equal(memory_pump(&host), -1);
}

static void a_busy_run_does_not_keep_others_waiting(void **state)
{
	static const char busy_text[] =
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\","
		"\"max_total_turns\":100000,\"steps\":[" PRINT(
			"a", "x", NEXT("a") ",\"max_iterations\":20000") "]}";
	struct exec *busy = memory_run(&host, busy_text, NULL);
	struct exec *quick = memory_run(&host, ORCH("\"a\"", PRINT("a", "x", "")), NULL);

	(void)state;
	assert_int_equal(engine_pump(host.engine), 0); /* the budget was used up */
	assert_int_equal(quick->status, RUN_COMPLETED);
	assert_int_equal(busy->status, RUN_RUNNING);
	exec_cancel(busy);
	(void)memory_pump(&host);
	assert_int_equal(busy->status, RUN_CANCELLED);
	exec_free(busy);
	exec_free(quick);
}

static void the_host_is_asked_for_a_pump_once(void **state)
{
	struct exec *first = memory_run(&host, ORCH("\"a\"", PRINT("a", "x", "")), NULL);
	struct exec *second = memory_run(&host, ORCH("\"a\"", PRINT("a", "x", "")), NULL);

	(void)state;
	assert_int_equal(host.wanted, 1);
	(void)memory_pump(&host);
	assert_int_equal(host.wanted, 1);
	exec_free(first);
	exec_free(second);
}

#define MANY 3000

static void thousands_of_runs_end_freed_and_cancelled_leave_nothing(void **state)
{
	static struct exec *execs[MANY];
	static const char definition[] = ORCH(
		"\"a\"", PRINT("a", "{state.user_input}", OUT("x") NEXT("b")) "," LLM(
				 "b", "mock.sleep:100000", OUT("y")));
	int i;

	(void)state;
	for (i = 0; i < MANY; i++)
		execs[i] = memory_run(&host, definition, NULL);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_made, MANY);
	for (i = 0; i < MANY; i++) {
		if (i % 3 == 0)
			exec_cancel(execs[i]);
		else if (i % 3 == 1)
			exec_free(execs[i]);
	}
	(void)memory_pump(&host);
	assert_int_equal(host.ended, MANY / 3);
	assert_int_equal(host.abandoned, MANY / 3 * 2);
	(void)memory_wait(&host, 300000); /* the rest times out */
	assert_int_equal(host.ended, MANY / 3 * 2);
	for (i = 0; i < MANY; i++)
		if (i % 3 != 1)
			exec_free(execs[i]);
	assert_int_equal(host.engine->runs, 0);
	assert_int_equal(host.engine->timers.count, 0);
}

static void a_waiting_run_is_small(void **state)
{
	struct exec *exec = memory_run(
		&host, ORCH("\"a\"", LLM("a", "mock.sleep:100000", OUT("y"))), NULL);

	(void)state;
	(void)memory_pump(&host);
	assert_true(exec_bytes(exec) < 64 * 1024);
	assert_int_equal(host.largest, exec_bytes(exec));
	exec_free(exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_one_step_run_has_the_events_of_the_contract),
		TEST(a_step_is_one_row_with_what_follows_from_it),
		TEST(the_next_step_waits_for_the_row),
		TEST(an_empty_graph_completes_with_no_step),
		TEST(inputs_are_merged_into_the_state),
		TEST(a_run_with_bad_inputs_fails_at_once_with_its_events),
		TEST(blank_content_is_warned_about_and_empty),
		TEST(an_llm_step_thinks_asks_and_answers),
		TEST(without_a_template_the_user_input_is_the_task),
		TEST(a_failed_step_fails_the_run_with_a_typed_error),
		TEST(on_error_continue_leaves_null_and_goes_on),
		TEST(the_deltas_over_the_seed_give_the_final_state),
		TEST(a_null_that_does_not_fit_leaves_no_older_value),
		TEST(a_failure_with_a_text_from_outside_is_mended_and_cut),
		TEST(on_error_route_goes_where_it_says),
		TEST(a_retried_step_waits_and_succeeds),
		TEST(retries_end_and_other_classes_are_not_retried),
		TEST(a_step_that_takes_too_long_fails_and_its_call_is_abandoned),
		TEST(a_timed_out_attempt_can_be_retried),
		TEST(an_answer_in_the_same_turn_as_the_timeout_counts),
		TEST(a_run_beyond_its_time_fails),
		TEST(a_cancelled_call_is_abandoned_and_the_run_ends),
		TEST(a_run_cancelled_before_its_first_turn_executes_nothing),
		TEST(a_cancel_during_a_commit_waits_for_it),
		TEST(a_cancel_ends_the_pause_before_a_retry),
		TEST(the_loop_guard_passes_on_to_the_next_step),
		TEST(a_cycle_of_spent_steps_fails),
		TEST(the_execution_counts_from_one),
		TEST(too_many_turns_fail_the_run),
		TEST(an_unknown_successor_fails_the_run),
		TEST(a_type_that_is_not_executed_fails_the_run),
		TEST(outputs_and_states_beyond_their_limits_fail_the_step),
		TEST(the_engines_turns_bound_a_definitions),
		TEST(a_large_state_is_left_out_of_events_and_said_so),
		TEST(text_that_postgres_cannot_store_is_mended),
		TEST(a_lost_run_is_freed_from_inside_a_commit),
		TEST(a_run_is_freed_at_any_moment),
		TEST(a_run_may_be_freed_from_inside_its_end),
		TEST(tokens_are_coalesced_into_live_events),
		TEST(tokens_of_an_abandoned_call_leave_no_timer),
		TEST(a_busy_run_does_not_keep_others_waiting),
		TEST(the_host_is_asked_for_a_pump_once),
		TEST(thousands_of_runs_end_freed_and_cancelled_leave_nothing),
		TEST(a_waiting_run_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
