/* test_step_human.c - people are asked, and answer some day */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_human.h"

#include "base/str.h"
#include "engine/engine.h"
#include "memory_host.h"
#include "run/definition.h"

#include <string.h>

#define HUMAN(id, more)                                                                  \
	"{\"id\":\"" id "\",\"name\":\"Step " id "\",\"type\":\"human\","                \
	"\"human_prompt\":\"Ok, {state.user_input}?\",\"output_key\":\"" id "\"" more    \
	"}"
#define PRINT(id, text, more)                                                            \
	"{\"id\":\"" id "\",\"name\":\"Step " id "\",\"type\":\"print\","                \
	"\"print_content\":\"" text "\",\"output_key\":\"" id "\"" more "}"
#define NEXT(id) ",\"next_step_id\":\"" id "\""
#define ORCH(entry, steps)                                                               \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"" entry "\",\"steps\":[" steps \
	"]}"
#define TWO_BRANCHES                                                                         \
	ORCH("p",                                                                            \
	     "{\"id\":\"p\",\"name\":\"P\",\"type\":\"parallel\","                           \
	     "\"parallel_branches\":[[\"a\",\"x\"],[\"b\"]],\"next_step_id\":\"z\"}," HUMAN( \
		     "a",                                                                    \
		     "") "," PRINT("x", "{state.a.v}",                                       \
				   "") "," HUMAN("b",                                        \
						 "") "," PRINT("z",                          \
							       "{state.x} {state.b.v}",      \
							       ""))

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

static void expect_in(const struct str *text, const char *part)
{
	if (!strstr(str_text(text), part))
		fail_msg("%s is not in %s", part, str_text(text));
}

static struct exec *begin(const char *definition)
{
	struct exec *exec = memory_run(&host, definition, NULL);

	(void)memory_pump(&host);
	return exec;
}

/* The pause is stored; another worker goes on. */
static struct exec *elsewhere(struct exec *exec, const char *definition, uint64_t epoch)
{
	memory_park(&host, exec);
	assert_int_equal(host.waits_count, 0);
	exec = memory_resume(&host, definition, NULL, epoch);
	(void)memory_pump(&host);
	return exec;
}

static void an_answer_is_the_output_and_the_run_goes_on_elsewhere(void **state)
{
	const char *definition =
		ORCH("a", PRINT("a", "x", NEXT("h")) "," HUMAN("h", NEXT("b")) "," PRINT(
				  "b", "{state.h.v}", ""));
	struct exec *exec = begin(definition);

	(void)state;
	assert_int_equal(host.paused, 1);
	assert_int_equal(host.ended, 0);
	expect_in(&host.pause->state, "\"a\":\"x\"");
	expect_in(&host.pause->history, "\"step_id\":\"a\"");
	assert_string_equal(str_text(&host.questions), "open h/1 h Ok, hello?\n");
	exec = elsewhere(exec, definition, 2);
	assert_int_equal(host.waits_count, 1);
	assert_true(host.waits[0]->found);
	assert_int_equal(host.paused, 2); /* nobody has answered: parked again */
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{\"v\":\"yes\"}");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "yes");
	expect_in(&host.final->state, "\"human_response\":{\"v\":\"yes\"}");
	expect_in(&host.final->history, "\"step_id\":\"h\"");
	expect_in(&host.questions, "close h/1 h\n");
	assert_string_equal(
		str_text(&host.types),
		"worker_picked_up orchestration_start step_start final step_complete "
		"step_start human_input_required paused worker_picked_up step_complete "
		"step_start final step_complete orchestration_complete final done");
	exec_free(exec);
}

static void numbers_of_events_have_no_gap_when_a_pause_is_refused(void **state)
{
	const char *definition = ORCH("h", HUMAN("h", ""));
	struct exec *exec = begin(definition);

	(void)state;
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{}");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_in(&host.events, "\"type\":\"human_input_required\"");
	expect_in(&host.events, "\"type\":\"step_complete\",\"orch_step_id\":\"h\"");
	assert_null(strstr(str_text(&host.types), "paused"));
	assert_int_equal(exec->seq, 8);
	exec_free(exec);
}

static void a_run_waits_only_when_all_its_paths_do(void **state)
{
	struct exec *exec = begin(TWO_BRANCHES);

	(void)state;
	assert_int_equal(host.paused, 1);
	assert_int_equal(host.waits_count, 2);
	exec = elsewhere(exec, TWO_BRANCHES, 2);
	assert_int_equal(host.paused, 2);
	memory_unpark(&host, exec);
	assert_string_equal(host.waits[0]->path, "p#0/a");
	memory_people(&host, 0, HUMAN_ANSWERED, "{\"v\":\"1\"}");
	(void)memory_pump(&host);
	assert_int_equal(host.paused, 3); /* the other one still waits */
	exec = elsewhere(exec, TWO_BRANCHES, 3);
	assert_int_equal(host.waits_count, 1);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{\"v\":\"2\"}");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_string_equal(str_text(&host.final->response), "1 2");
	assert_string_equal(str_text(&host.questions),
			    "open p#0/a/1 a Ok, hello?\nopen p#1/b/1 b Ok, hello?\n"
			    "close p#0/a/1 a\nclose p#1/b/1 b\n");
	exec_free(exec);
}

static void while_one_path_waits_others_go_on(void **state)
{
	const char *definition = ORCH(
		"p", "{\"id\":\"p\",\"name\":\"P\",\"type\":\"parallel\","
		     "\"parallel_branches\":[[\"a\"],[\"l\"]]}," HUMAN(
			     "a", "") ",{\"id\":\"l\",\"name\":\"L\",\"type\":\"llm\","
				      "\"model\":\"mock.sleep:5\",\"output_key\":\"l\"}");
	struct exec *exec = begin(definition);

	(void)state;
	assert_int_equal(host.paused, 0);
	assert_int_equal(host.waits_count, 1);
	assert_int_equal(host.calls_count, 1);
	memory_answer(&host, 0, FAIL_NONE, "slept");
	(void)memory_pump(&host);
	assert_int_equal(host.paused, 1);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{}");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void each_iteration_asks_anew(void **state)
{
	const char *definition = ORCH(
		"l", "{\"id\":\"l\",\"name\":\"L\",\"type\":\"loop\",\"loop_count\":2,"
		     "\"loop_step_ids\":[\"h\"]}," HUMAN("h", ""));
	struct exec *exec = begin(definition);

	(void)state;
	assert_string_equal(host.waits[0]->path, "l#0/h");
	exec = elsewhere(exec, definition, 2);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{\"n\":1}");
	(void)memory_pump(&host);
	assert_string_equal(host.waits[0]->path, "l#1/h");
	assert_false(host.waits[0]->found);
	exec = elsewhere(exec, definition, 3);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{\"n\":2}");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_in(&host.final->state, "\"h\":[{\"iteration\":1,\"agent\":\"Step h\","
				      "\"result\":{\"n\":1}},{\"iteration\":2");
	exec_free(exec);
}

static void late_is_a_failure_of_class_limit(void **state)
{
	struct exec *exec =
		begin(ORCH("h", HUMAN("h", ",\"human_deadline_seconds\":90")));

	(void)state;
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_LATE, "null");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_in(&host.final->error,
		  "{\"class\":\"limit\",\"step_id\":\"h\",\"message\":"
		  "\"Step 'Step h': nobody answered within 90s\"}");
	expect_in(&host.questions, "close h/1 h\n");
	exec_free(exec);
}

static void late_has_a_way_of_its_own(void **state)
{
	const char *definition = ORCH(
		"h",
		HUMAN("h",
		      ",\"human_deadline_seconds\":90,\"on_timeout_step_id\":\"t\"" NEXT(
			      "n")) "," PRINT("n", "in time", "") "," PRINT("t", "late",
									    NEXT("h")));
	struct exec *exec = begin(definition);

	(void)state;
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_LATE, "null");
	(void)memory_pump(&host);
	expect_in(&host.events, "{\"type\":\"human_timeout\",\"orch_step_id\":\"h\","
				"\"step_name\":\"Step h\",\"target_step_id\":\"t\"");
	expect_in(&host.deltas, "[\"set\",\"_human_late_h\",true],[\"set\",\"h\",null],"
				"[\"set\",\"human_response\",null]");
	assert_int_equal(host.waits[0]->execution, 2); /* asked again behind it */
	exec = elsewhere(exec, definition, 2);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{}");
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.final->response), "in time");
	exec_free(exec);
}

static void a_late_attempt_asks_again_when_that_is_retried(void **state)
{
	struct exec *exec = begin(ORCH(
		"h",
		HUMAN("h", ",\"human_deadline_seconds\":90,"
			   "\"retry\":{\"max\":1,\"backoff_ms\":0,\"on\":[\"limit\"]}")));

	(void)state;
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_LATE, "null");
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.questions),
			    "open h/1 h Ok, hello?\nopen h/1 h Ok, hello?\n");
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{}");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

/* Each answer is another owner's: attempts are counted all the same. */
static void attempts_are_counted_over_all_owners(void **state)
{
	const char *definition = ORCH(
		"h",
		HUMAN("h", ",\"human_deadline_seconds\":90,"
			   "\"retry\":{\"max\":1,\"backoff_ms\":0,\"on\":[\"limit\"]}"));
	struct exec *exec = elsewhere(begin(definition), definition, 2);

	(void)state;
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_LATE, "null");
	(void)memory_pump(&host);
	exec = elsewhere(exec, definition, 3);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_LATE, "null");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_FAILED);
	expect_in(&host.events, "\"attempt\":2");
	exec_free(exec);
}

static void a_question_that_is_over_is_asked_again(void **state)
{
	const char *definition = ORCH("h", HUMAN("h", ""));
	struct exec *exec = elsewhere(begin(definition), definition, 2);

	(void)state;
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_GONE, "null");
	(void)memory_pump(&host);
	assert_string_equal(str_text(&host.questions),
			    "open h/1 h Ok, hello?\nopen h/1 h Ok, hello?\n");
	assert_false(host.waits[0]->found);
	exec = elsewhere(exec, definition, 3);
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{}");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	exec_free(exec);
}

static void a_step_that_is_given_up_closes_its_question(void **state)
{
	struct exec *exec = begin(ORCH(
		"p",
		"{\"id\":\"p\",\"name\":\"P\",\"type\":\"parallel\",\"timeout_seconds\":5,"
		"\"parallel_branches\":[[\"a\"],[\"l\"]],\"on_error\":\"continue\","
		"\"next_step_id\":\"z\"}," HUMAN(
			"a", "") ","
				 "{\"id\":\"l\",\"name\":\"L\",\"type\":\"llm\","
				 "\"model\":\"mock.sleep:5\"}," PRINT("z", "on", "")));

	(void)state;
	(void)memory_wait(&host, 6000);
	assert_int_equal(host.waits_count, 0);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect_in(&host.questions, "close p#0/a/1 a\n");
	exec_free(exec);
}

static void a_cancel_ends_what_waits(void **state)
{
	struct exec *exec = begin(TWO_BRANCHES);

	(void)state;
	exec_cancel(exec);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 0); /* it stands still */
	memory_unpark(&host, exec);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_CANCELLED);
	assert_int_equal(host.waits_count, 0);
	exec_free(exec);
}

static void a_drain_hands_back_what_waits_and_what_is_between_steps(void **state)
{
	const char *definition = ORCH(
		"p", "{\"id\":\"p\",\"name\":\"P\",\"type\":\"parallel\","
		     "\"parallel_branches\":[[\"a\"],[\"l\",\"x\"]]}," HUMAN(
			     "a", "") ",{\"id\":\"l\",\"name\":\"L\",\"type\":\"llm\","
				      "\"model\":\"mock.sleep:5\"}," PRINT("x", "x", ""));

	(void)state;
	(void)begin(definition);
	engine_drain(host.engine);
	assert_int_equal(host.parked, 0);
	memory_answer(&host, 0, FAIL_NONE, "slept");
	(void)memory_pump(&host);
	assert_int_equal(host.parked, 1);
	assert_int_equal(host.paused, 0);
}

static void fields_are_whatever_they_are_and_the_context_is_what_there_is(void **state)
{
	struct exec *exec = begin(ORCH(
		"a",
		PRINT("a", "made", NEXT("h")) "," HUMAN(
			"h",
			",\"human_fields\":[{\"key\":\"k\",\"options\":[1,{}]}],"
			"\"human_channel_id\":\"c\",\"input_keys\":[\"none\"]" NEXT(
				"i")) ","
				      "{\"id\":\"i\",\"name\":\"I\",\"type\":\"human\",\"input_keys\":"
				      "[\"none\",\"user_input\"]}"));

	(void)state;
	expect_in(&host.events,
		  "{\"type\":\"human_input_required\",\"orch_step_id\":\"h\",\"prompt\":"
		  "\"Ok, hello?\",\"fields\":[{\"key\":\"k\",\"options\":[1,{}]}],"
		  "\"run_id\":\"run_1\",\"agent_context\":\"made\",\"channel_id\":\"c\"");
	memory_unpark(&host, exec);
	memory_people(&host, 0, HUMAN_ANSWERED, "{}");
	(void)memory_pump(&host);
	expect_in(&host.events,
		  "\"prompt\":\"Please answer, so that the run can go on.\","
		  "\"fields\":[],\"run_id\":\"run_1\",\"agent_context\":"
		  "\"hello\",\"channel_id\":null");
	exec_free(exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_the_output_and_the_run_goes_on_elsewhere),
		TEST(numbers_of_events_have_no_gap_when_a_pause_is_refused),
		TEST(a_run_waits_only_when_all_its_paths_do),
		TEST(while_one_path_waits_others_go_on),
		TEST(each_iteration_asks_anew),
		TEST(late_is_a_failure_of_class_limit),
		TEST(late_has_a_way_of_its_own),
		TEST(a_late_attempt_asks_again_when_that_is_retried),
		TEST(attempts_are_counted_over_all_owners),
		TEST(a_question_that_is_over_is_asked_again),
		TEST(a_step_that_is_given_up_closes_its_question),
		TEST(a_cancel_ends_what_waits),
		TEST(a_drain_hands_back_what_waits_and_what_is_between_steps),
		TEST(fields_are_whatever_they_are_and_the_context_is_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
