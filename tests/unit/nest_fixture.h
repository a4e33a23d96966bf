/* nest_fixture.h - definitions with paths inside steps, for unit tests */
#ifndef TESTS_NEST_FIXTURE_H
#define TESTS_NEST_FIXTURE_H

#define STEP(id, type, more)                                                             \
	"{\"id\":\"" id "\",\"name\":\"" id "\",\"type\":\"" type "\"" more "}"
#define ORCH(steps)                                                                      \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\",\"steps\":[" steps "]}"
#define ECHO(id, prompt, more)                                                           \
	STEP(id, "llm",                                                                  \
	     ",\"model\":\"mock.echo\",\"prompt_template\":\"" prompt                    \
	     "\",\"output_key\":\"" id "\"" more)
#define PRINT(id, text, more) STEP(id, "print", ",\"print_content\":\"" text "\"" more)
#define NEXT(id)              ",\"next_step_id\":\"" id "\""
#define KEY(id)               ",\"output_key\":\"" id "\""
#define PARALLEL(id, branches, more)                                                     \
	STEP(id, "parallel", ",\"parallel_branches\":" branches more)
#define LOOP(id, count, body, more)                                                      \
	STEP(id, "loop", ",\"loop_count\":" count ",\"loop_step_ids\":" body more)
#define IF(id, condition, yes, no, more)                                                 \
	STEP(id, "if_else",                                                              \
	     ",\"if_condition\":\"" condition "\",\"if_true_step_id\":" yes              \
	     ",\"if_false_step_id\":" no more)

/* Branches of each kind, one of which fails, loops in branches and branches in loops. */
/* clang-format off */
static const char large[] = ORCH(
	PRINT("a", "first", KEY("x") NEXT("p")) ","
	PARALLEL("p", "[[\"b\"],[\"c\",\"i\",\"d\",\"y\"],[\"l\",\"n\"],[\"f\"],[]]",
		 NEXT("m") ",\"on_error\":\"continue\"") ","
	ECHO("b", "B {state.x}", NEXT("b2")) ","
	PRINT("b2", "{state.b} again", KEY("x") NEXT("m")) ","
	ECHO("c", "C", "") "," IF("i", "len(state.c) == 1", "\"y\"", "null", "") ","
	PRINT("d", "not", KEY("d")) "," PRINT("y", "Y{state.c}", KEY("x")) ","
	LOOP("l", "3", "[\"e\",\"g\"]", KEY("l")) ","
	ECHO("e", "E{state.g}", "") "," PRINT("g", "G{state.e}", KEY("g")) ","
	PRINT("n", "after {state.l}", KEY("n")) ","
	STEP("f", "llm", ",\"model\":\"mock.fail:tool\",\"retry\":{\"max\":1,\"backoff_ms\":0}") ","
	STEP("m", "merge", ",\"input_keys\":[\"b\",\"x\",\"n\"]" KEY("m") NEXT("k")) ","
	LOOP("k", "2", "[\"h\",\"q\"]", NEXT("p2")) ","
	ECHO("h", "H", "") ","
	PARALLEL("q", "[[\"r\"],[\"s\"]]", "") ","
	ECHO("r", "R{state.h}", "") "," ECHO("s", "S{state.h}", "") ","
	PARALLEL("p2", "[[\"b\"],[\"s\"]]", NEXT("z")) ","
	PRINT("z", "{state.x} {state.k} {state.s}", KEY("z")));
/* clang-format on */

#endif
