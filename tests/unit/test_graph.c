/* test_graph.c - where the steps of a definition lead */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/graph.h"

#include "base/str.h"
#include "run/definition.h"
#include "run/problem.h"

#include <string.h>

#define STEP(id, type, more)                                                             \
	"{\"id\":\"" id "\",\"name\":\"" id "\",\"type\":\"" type "\"" more "}"
#define NEXT(id) ",\"next_step_id\":\"" id "\""
#define ORCH(entry, steps)                                                               \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"" entry "\",\"steps\":[" steps \
	"]}"

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

/* clang-format off */
static const struct {
	const char *text;
	const char *groups; /* a digit a step */
} rows[] = {
	{ ORCH("a", STEP("a", "print", NEXT("b")) "," STEP("b", "end", "")), "00" },
	{ ORCH("a", STEP("a", "print", NEXT("a"))), "1" },
	{ ORCH("a", STEP("a", "print", NEXT("b")) "," STEP("b", "print", NEXT("a")) ","
		    STEP("c", "print", NEXT("a"))), "110" },
	{ ORCH("a", STEP("a", "if_else", ",\"if_true_step_id\":\"b\",\"if_false_step_id\":\"c\"")
		    "," STEP("b", "print", NEXT("a")) "," STEP("c", "print", NEXT("d")) ","
		    STEP("d", "switch", ",\"switch_cases\":{\"x\":\"c\"}")), "2211" },
	{ ORCH("a", STEP("a", "evaluator", ",\"route_map\":{\"x\":\"b\"}") ","
		    STEP("b", "print", ",\"on_error\":\"route\",\"on_error_step_id\":\"a\"")), "11" },
	{ ORCH("a", STEP("a", "loop", ",\"loop_step_ids\":[\"b\"]") ","
		    STEP("b", "print", NEXT("a")) "," STEP("c", "end", NEXT("c"))), "110" },
	{ ORCH("a", STEP("a", "parallel", ",\"parallel_branches\":[[\"b\"],[\"c\",\"x\"]]") ","
		    STEP("b", "print", "") "," STEP("c", "print", NEXT("a"))), "101" },
	{ ORCH("", ""), "" },
};
/* clang-format on */

static void cycles_are_found(void **state)
{
	int groups[8];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct definition *d = read_good(rows[i].text);

		(void)graph_cycles(d, groups);
		for (k = 0; k < d->steps_count; k++)
			if (groups[k] != rows[i].groups[k] - '0')
				fail_msg("%s: step %zu is in group %d", rows[i].text, k,
					 groups[k]);
		definition_unref(d);
	}
}

static void a_chain_of_a_thousand_steps_is_no_recursion(void **state)
{
	struct str text = STR_INIT;
	int groups[DEFINITION_STEPS_MAX];
	struct definition *d;
	int i;

	(void)state;
	str_add_text(&text, "{\"id\":\"o\",\"name\":\"O\",\"steps\":[");
	for (i = 0; i < DEFINITION_STEPS_MAX; i++)
		str_printf(&text,
			   "%s{\"id\":\"s%d\",\"name\":\"S\",\"type\":\"print\","
			   "\"next_step_id\":\"s%d\"}",
			   i ? "," : "", i, (i + 1) % DEFINITION_STEPS_MAX);
	str_add_text(&text, "]}");
	d = read_good(str_text(&text));
	assert_int_equal(graph_cycles(d, groups), 1);
	assert_int_equal(groups[0], 1);
	assert_int_equal(groups[DEFINITION_STEPS_MAX - 1], 1);
	definition_unref(d);
	str_deinit(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cycles_are_found),
		cmocka_unit_test(a_chain_of_a_thousand_steps_is_no_recursion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
