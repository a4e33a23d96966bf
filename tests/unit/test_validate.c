/* test_validate.c - what is wrong with a definition, and what is odd */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/validate.h"

#include "base/err.h"
#include "run/definition.h"
#include "run/model.h"
#include "run/problem.h"

#include <string.h>

#define STEP(id, type, more)                                                             \
	"{\"id\":\"" id "\",\"name\":\"" id "\",\"type\":\"" type "\"" more "}"
#define NEXT(id) ",\"next_step_id\":\"" id "\""
#define ORCH(entry, steps)                                                               \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"" entry "\",\"steps\":[" steps \
	"]}"
#define IF  ",\"if_condition\":\"state.a\""
#define SAY ",\"print_content\":\"x\""

static struct definition *read_good(const char *text)
{
	struct definition *definition = NULL;
	struct problems problems;

	problem_init(&problems);
	if (definition_parse(text, strlen(text), &definition, &problems) < 0)
		fail_msg("%s: %s: %s", text, problems.kept[0].where,
			 problems.kept[0].text);
	problem_deinit(&problems);
	return definition;
}

#define PAR(branches) STEP("p", "parallel", ",\"parallel_branches\":" branches)
#define OUT(key)      ",\"output_key\":\"" key "\""
#define TELL(text)    ",\"print_content\":\"" text "\""

static bool can_run(enum step_type type)
{
	return type != STEP_AGENT;
}

static const struct definition_rules rules = { .can_run = can_run };

/* clang-format off */
static const struct {
	const char *text;
	const char *where; /* of the one warning; NULL: none */
	const char *why;
} rows[] = {
	{ ORCH("a", STEP("a", "print", SAY NEXT("b")) "," STEP("b", "end", "")), NULL, NULL },
	{ ORCH("", ""), NULL, NULL },
	{ ORCH("", STEP("a", "print", SAY)), "/entry_step_id", "is missing" },
	{ ORCH("a", STEP("a", "print", SAY) "," STEP("b", "end", "")),
	  "/steps/1", "step 'b': nothing leads to it" },
	{ ORCH("a", STEP("a", "print", SAY NEXT("b")) "," STEP("b", "print", SAY NEXT("a"))),
	  "/steps/0", "nothing leads out of the cycle" },
	{ ORCH("a", STEP("a", "if_else", IF NEXT("a"))), "/steps/0", "nothing leads out" },
	{ ORCH("a", STEP("a", "if_else", IF ",\"if_true_step_id\":\"a\"")), NULL, NULL },
	{ ORCH("a", STEP("a", "if_else", IF ",\"if_true_step_id\":\"a\",\"if_false_step_id\":\"b\"") ","
		    STEP("b", "end", "")), NULL, NULL },
	{ ORCH("a", STEP("a", "switch", ",\"switch_expression\":\"1\",\"switch_cases\":{\"1\":\"a\"},"
		    "\"switch_default_step_id\":\"a\"")), "/steps/0", "nothing leads out" },
	{ ORCH("a", STEP("a", "evaluator", ",\"model\":\"mock.echo\",\"route_map\":{\"x\":\"a\"}")),
	  "/steps/0", "nothing leads out" },
	{ ORCH("a", STEP("a", "evaluator", ",\"model\":\"mock.echo\",\"route_map\":{\"x\":\"a\",\"y\":null}")),
	  NULL, NULL },
	{ ORCH("a", STEP("a", "tool", "")), "/steps/0/forced_tool", "so a tool does nothing" },
	{ ORCH("a", STEP("a", "evaluator", "")), "/steps/0/route_map", "missing or empty" },
	{ ORCH("a", STEP("a", "parallel", "")), "/steps/0/parallel_branches", "missing" },
	{ ORCH("a", STEP("a", "loop", "")), "/steps/0/loop_step_ids", "missing" },
	{ ORCH("a", STEP("a", "transform", ",\"transform_code\":\" \"")), "/steps/0/transform_code", "missing" },
	{ ORCH("a", STEP("a", "if_else", "")), "/steps/0/if_condition", "missing" },
	{ ORCH("a", STEP("a", "switch", "")), "/steps/0/switch_expression", "missing" },
	{ ORCH("a", STEP("a", "print", "")), "/steps/0/print_content", "missing" },
	{ ORCH("a", STEP("a", "merge", "")), "/steps/0/input_keys", "missing" },
	{ ORCH("a", STEP("a", "extract_json", "")), "/steps/0/input_keys", "missing" },
	{ ORCH("a", STEP("a", "print", SAY OUT("_x"))), "/steps/0/output_key", "the engine's own" },
	{ ORCH("a", STEP("a", "print", SAY ",\"max_iterations\":0")), "/steps/0/max_iterations", "passed over" },
	/* branches that read what others write */
	{ ORCH("p", PAR("[[\"a\"],[\"b\"]]") "," STEP("a", "print", SAY OUT("x")) ","
		    STEP("b", "print", TELL("{state.x}"))),
	  "/steps/0/parallel_branches/1", "branch 1 reads 'x' (step 'b'), which branch 0 writes" },
	{ ORCH("p", PAR("[[\"a\"],[\"b\"]]") "," STEP("a", "print", TELL("{{ y }}") OUT("x")) ","
		    STEP("b", "print", TELL("{state.x2}") OUT("y"))),
	  "/steps/0/parallel_branches/0", "branch 0 reads 'y'" },
	{ ORCH("p", PAR("[[\"a\"],[\"b\",\"c\"]]") "," STEP("a", "print", SAY OUT("x")) ","
		    STEP("b", "print", SAY OUT("x")) "," STEP("c", "print", TELL("{state.x}"))), NULL, NULL },
	{ ORCH("p", PAR("[[\"a\"],[\"b\"]]") "," STEP("a", "print", SAY NEXT("c")) ","
		    STEP("b", "merge", ",\"input_keys\":[\"x\"]") "," STEP("c", "print", SAY OUT("x"))),
	  "/steps/0/parallel_branches/1", "branch 1 reads 'x'" },
	{ ORCH("p", PAR("[[\"a\"],[\"b\"]]") "," STEP("a", "print", SAY OUT("x")) ","
		    STEP("b", "if_else", ",\"if_condition\":\"state['x'] > 1\"")),
	  "/steps/0/parallel_branches/1", "branch 1 reads 'x'" },
};

static const struct {
	const char *text;
	const char *where;
	const char *why;
} wrong[] = {
	{ ORCH("a", STEP("a", "evaluator", ",\"model\":\"mock.echo\",\"route_map\":{\"x/y~\":\"t\"}")),
	  "/steps/0/route_map/x~1y~0", "step 'a': route_map names 't', which is no step" },
	{ ORCH("a", STEP("a", "evaluator", ",\"model\":\"mock.echo\",\"route_map\":{\"x\":null},"
		    "\"on_parse_error\":\"y\"")),
	  "/steps/0/on_parse_error", "names 'y', which is no label" },
	{ ORCH("a", STEP("a", "evaluator", ",\"route_map\":{\"x\":null}")),
	  "/steps/0/model", "names no model" },
	{ ORCH("a", STEP("a", "tool", ",\"forced_tool\":\"t\",\"model\":\"gpt\"")),
	  "/steps/0/model", "model 'gpt' is not served" },
};
/* clang-format on */

static void what_is_odd_is_a_warning_with_its_place(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct definition *d = read_good(rows[i].text);
		struct problems problems;

		problem_init(&problems);
		assert_int_equal(definition_validate(d, &rules, &problems), 0);
		if (problems.warnings != (rows[i].where ? 1 : 0))
			fail_msg("%s: %zu warnings, first %s", rows[i].text,
				 problems.warnings,
				 problems.warnings ? problems.warned[0].text : "");
		if (rows[i].where) {
			assert_string_equal(problems.warned[0].where, rows[i].where);
			if (!strstr(problems.warned[0].text, rows[i].why))
				fail_msg("%s", problems.warned[0].text);
		}
		problem_deinit(&problems);
		definition_unref(d);
	}
}

static void what_is_wrong_is_a_problem_with_its_pointer(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct definition *d = read_good(wrong[i].text);
		struct problems problems;

		problem_init(&problems);
		assert_int_equal(definition_validate(d, &rules, &problems), ERR_INPUT);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.kept[0].where, wrong[i].where);
		if (!strstr(problems.kept[0].text, wrong[i].why))
			fail_msg("%s", problems.kept[0].text);
		problem_deinit(&problems);
		definition_unref(d);
	}
}

static void a_default_model_is_that_of_steps_without_one(void **state)
{
	static const char text[] = ORCH("a", STEP("a", "llm", ""));
	struct definition *d = read_good(text);
	struct problems problems;

	(void)state;
	model_set_default("mock.echo");
	problem_init(&problems);
	assert_int_equal(definition_validate(d, &rules, &problems), 0);
	problem_deinit(&problems);
	model_set_default("gpt");
	problem_init(&problems);
	assert_int_equal(definition_validate(d, &rules, &problems), ERR_INPUT);
	assert_non_null(strstr(problems.kept[0].text, "model 'gpt' is not served"));
	problem_deinit(&problems);
	model_set_default("");
	problem_init(&problems);
	assert_int_equal(definition_validate(d, &rules, &problems), ERR_INPUT);
	problem_deinit(&problems);
	definition_unref(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_odd_is_a_warning_with_its_place),
		cmocka_unit_test(what_is_wrong_is_a_problem_with_its_pointer),
		cmocka_unit_test(a_default_model_is_that_of_steps_without_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
