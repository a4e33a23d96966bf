/* test_step_evaluator.c - evaluator steps: what is asked, what an answer means */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_evaluator.h"

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void expect(const struct str *where, const char *what)
{
	if (!strstr(str_text(where), what))
		fail_msg("%s is not in %s", what, str_text(where));
}

#define EVALUATOR(more)                                                                  \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"e\",\"steps\":[{\"id\":\"e\"," \
	"\"name\":\"Judge\",\"type\":\"evaluator\",\"model\":\"mock.echo\","             \
	"\"input_keys\":[\"draft\",\"gone\"],\"output_key\":\"verdict\"," more           \
	"},{\"id\":\"a\",\"name\":\"A\",\"type\":\"print\",\"print_content\":\"at a\","  \
	"\"output_key\":\"draft\"},"                                                     \
	"{\"id\":\"b\",\"name\":\"B\",\"type\":\"end\"}]}"
#define ROUTES                                                                           \
	"\"route_map\":{\"ok\":\"a\",\"bad one\":\"b\",\"stop\":null},"                  \
	"\"route_descriptions\":{\"ok\":\"It is good\"},\"evaluator_prompt\":\"Good, "   \
	"{{draft}}?\""
#define TYPES_OK                                                                          \
	"worker_picked_up orchestration_start step_start routing_decision step_complete " \
	"routing_decision"

static struct exec *ask(const char *definition)
{
	struct exec *exec;

	host.hold_calls = true;
	exec = memory_run(&host, definition, "{\"draft\":\"a text\"}");
	(void)memory_pump(&host);
	assert_int_equal(host.calls_count, 1);
	return exec;
}

static void answer(const char *tool, const char *text)
{
	if (tool)
		str_add_text(&host.calls[0]->answer.tool, tool);
	memory_answer(&host, 0, FAIL_NONE, text);
	(void)memory_pump(&host);
}

static void a_model_is_told_the_routes_and_must_call_one(void **state)
{
	struct exec *exec = ask(EVALUATOR(ROUTES));
	const struct llm_request *request = &host.calls[0]->request;

	(void)state;
	assert_int_equal(request->tools_count, 3);
	assert_string_equal(request->tools[0].name, "route_ok");
	assert_string_equal(request->tools[0].description, "It is good");
	assert_string_equal(request->tools[1].name, "choice_2");
	assert_string_equal(request->tools[1].description,
			    "bad one: Go on with step 'B' (end)");
	assert_string_equal(request->tools[2].description, "The workflow ends here");
	expect(&host.prompts, "\nuser: Good, a text?\n");
	expect(&host.prompts, "[A -> draft]\na text\n");
	expect(&host.prompts, "Now: ");
	expect(&host.prompts, "- choice_2: bad one: Go on");
	expect(&host.prompts, "1. Judge (evaluator) -> verdict [ok -> 2, bad one -> 3, "
			      "stop -> end]   <- this step\n");
	assert_null(strstr(str_text(&host.prompts), "gone"));
	exec_free(exec);
}

/* clang-format off */
static const struct {
	const char *tool; /* NULL: none was called */
	const char *text;
	const char *label;
	const char *reasoning;
} answers[] = {
	{ "route_ok", "{\"reasoning\":\"fine\"}", "ok", "fine" },
	{ "choice_2", "{\"reasoning\":1}", "bad one", "" },
	{ "route_bad one", "broken", "bad one", "" },
	{ "route_stop", "", "stop", "" },
	{ NULL, "I say {\"tool\": \"x\"} then {\"tool\":\"route_stop\",\"arguments\":"
		"{\"reasoning\":\"enough\"}} {\"tool\":\"route_ok\"}", "stop", "enough" },
	{ NULL, "```json\n{\"tool\":\"choice_2\"}\n```", "bad one", "" },
	{ NULL, " ok.\n", "ok", "" },
	{ NULL, "`route_bad one`", "bad one", "" },
};
/* clang-format on */

static void an_answer_names_a_route(void **state)
{
	struct str want = STR_INIT;
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct exec *exec = ask(EVALUATOR(ROUTES));

		answer(answers[i].tool, answers[i].text);
		assert_int_equal(host.ended, 1);
		assert_int_equal(host.final->status, RUN_COMPLETED);
		str_reset(&want, 0);
		str_printf(&want,
			   "[[\"set\",\"verdict\",\"%s\"],[\"set\","
			   "\"_routing_decision_e\",\"%s\"],"
			   "[\"set\",\"_routing_reasoning_e\",\"%s\"]]",
			   answers[i].label, answers[i].label, answers[i].reasoning);
		expect(&host.deltas, str_text(&want));
		expect(&host.types, TYPES_OK);
		str_reset(&want, 0);
		str_printf(&want,
			   "\"tool_name\":\"route_%s\",\"arguments\":{\"reasoning\":"
			   "\"%s\"},\"orch_step_id\":\"e\"",
			   answers[i].label, answers[i].reasoning);
		expect(&host.events, str_text(&want));
		exec_free(exec);
		(void)teardown(state);
		(void)setup(state);
	}
	str_deinit(&want);
}

static void the_path_goes_on_at_the_target(void **state)
{
	struct exec *exec = ask(EVALUATOR(ROUTES));

	(void)state;
	answer("route_ok", "{\"reasoning\":\"fine\"}");
	expect(&host.events, "{\"type\":\"routing_decision\",\"orch_step_id\":\"e\","
			     "\"decision\":\"ok\",\"target_step_id\":\"a\","
			     "\"reasoning\":\"fine\"");
	expect(&host.types, TYPES_OK " step_start final");
	assert_string_equal(str_text(&host.final->response), "at a");
	exec_free(exec);
}

static void a_label_without_a_target_ends_the_path(void **state)
{
	struct exec *exec = ask(EVALUATOR(ROUTES ",\"next_step_id\":\"a\""));

	(void)state;
	answer("route_stop", "{}");
	expect(&host.events, "\"decision\":\"stop\",\"target_step_id\":null");
	assert_null(strstr(str_text(&host.events), "\"orch_step_id\":\"a\""));
	exec_free(exec);
}

static void an_answer_without_a_route_fails(void **state)
{
	static const char *const texts[] = { "no idea", "", "{\"tool\":\"route_maybe\"}",
					     "ok or bad one" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct exec *exec = ask(EVALUATOR(ROUTES));

		answer(NULL, texts[i]);
		assert_int_equal(host.final->status, RUN_FAILED);
		expect(&host.events,
		       "names none of the routes\",\"error_class\":\"provider\"");
		exec_free(exec);
		(void)teardown(state);
		(void)setup(state);
	}
}

static void on_parse_error_names_what_counts_instead(void **state)
{
	struct exec *exec = ask(EVALUATOR(ROUTES ",\"on_parse_error\":\"ok\""));

	(void)state;
	answer(NULL, "no idea");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect(&host.types, "step_warning routing_decision step_complete");
	expect(&host.events, "\"decision\":\"ok\",\"target_step_id\":\"a\"");
	exec_free(exec);
}

static void a_failed_call_fails_the_step(void **state)
{
	struct exec *exec = ask(EVALUATOR(ROUTES ",\"on_parse_error\":\"ok\""));

	(void)state;
	memory_answer(&host, 0, FAIL_PROVIDER, "out of order");
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_FAILED);
	exec_free(exec);
}

static void without_routes_nobody_is_asked(void **state)
{
	struct exec *exec = memory_run(
		&host, EVALUATOR("\"route_map\":{},\"next_step_id\":\"b\""), NULL);

	(void)state;
	(void)memory_pump(&host);
	assert_int_equal(host.calls_made, 0);
	expect(&host.events, "No routes defined");
	expect(&host.types, "step_complete step_start orchestration_end");
	exec_free(exec);
}

#define JUDGE(id, targets)                                                               \
	"{\"id\":\"" id                                                                  \
	"\",\"name\":\"J\",\"type\":\"evaluator\",\"model\":\"mock.echo\","              \
	"\"route_map\":{" targets "}}"
#define SAY(id, next)                                                                    \
	"{\"id\":\"" id                                                                  \
	"\",\"name\":\"S\",\"type\":\"print\",\"print_content\":\"at " id                \
	"\",\"output_key\":\"" id "\",\"next_step_id\":\"" next "\"}"

static void inside_a_branch_its_decision_is_followed(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"p\",\"steps\":["
		"{\"id\":\"p\",\"name\":\"P\",\"type\":\"parallel\","
		"\"parallel_branches\":[[\"e\"],[\"o\"]],\"next_step_id\":\"m\"}," JUDGE(
			"e",
			"\"left\":\"l\",\"right\":\"r\"") "," SAY("l",
								  "m") "," SAY("r",
									       "m") "," SAY("o",
											    "m") "," SAY("m",
													 "") "]}",
		NULL);
	(void)memory_pump(&host);
	answer("route_right", "{}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect(&host.final->state, "\"r\":\"at r\"");
	expect(&host.final->state, "\"o\":\"at o\"");
	expect(&host.final->state, "\"m\":\"at m\"");
	assert_null(strstr(str_text(&host.final->state), "at l"));
	exec_free(exec);
}

static void inside_a_loop_it_may_jump_and_end_an_iteration(void **state)
{
	struct exec *exec;

	(void)state;
	host.hold_calls = true;
	exec = memory_run(
		&host,
		"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"w\",\"steps\":["
		"{\"id\":\"w\",\"name\":\"W\",\"type\":\"loop\",\"loop_count\":2,"
		"\"loop_step_ids\":[\"e\",\"l\",\"r\"]}," JUDGE(
			"e",
			"\"right\":\"r\",\"none\":null") "," SAY("l",
								 "") "," SAY("r",
									     "") "]}",
		NULL);
	(void)memory_pump(&host);
	answer("route_right", "{}");
	answer("route_none", "{}");
	assert_int_equal(host.final->status, RUN_COMPLETED);
	expect(&host.events, "\"iteration\":2");
	assert_null(strstr(str_text(&host.final->state), "at l"));
	expect(&host.final->state, "\"r\":[{\"iteration\":1");
	exec_free(exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_model_is_told_the_routes_and_must_call_one),
		TEST(an_answer_names_a_route),
		TEST(the_path_goes_on_at_the_target),
		TEST(a_label_without_a_target_ends_the_path),
		TEST(an_answer_without_a_route_fails),
		TEST(on_parse_error_names_what_counts_instead),
		TEST(a_failed_call_fails_the_step),
		TEST(without_routes_nobody_is_asked),
		TEST(inside_a_branch_its_decision_is_followed),
		TEST(inside_a_loop_it_may_jump_and_end_an_iteration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
