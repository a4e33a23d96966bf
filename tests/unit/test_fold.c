/* test_fold.c - a journal folded and continued, wherever it was cut */
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
#include "run/definition.h"

#include <stdio.h>
#include <string.h>

#define STEP(id, type, more)                                                             \
	"{\"id\":\"" id "\",\"name\":\"" id "\",\"type\":\"" type "\"" more "}"
#define ORCH(more, steps)                                                                \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\"" more ",\"steps\":[" steps \
	"]}"

/* Outputs, a model, a failure that is passed over, one that is routed, steps without an
 * output, and a loop whose guard ends the run. */
/* clang-format off */
static const char several[] =
	ORCH(",\"state_schema\":{\"n\":{\"type\":\"integer\",\"default\":3}}",
	     STEP("a", "print",
		  ",\"print_content\":\"1 {state.user_input}\",\"output_key\":\"x\""
		  ",\"next_step_id\":\"b/1\"") ","
	     STEP("b/1", "llm",
		  ",\"model\":\"mock.echo\",\"prompt_template\":\"two {state.x}\""
		  ",\"output_key\":\"y\",\"next_step_id\":\"c\"") ","
	     STEP("c", "llm",
		  ",\"model\":\"mock.fail:tool\",\"output_key\":\"x\""
		  ",\"on_error\":\"continue\",\"next_step_id\":\"d\"") ","
	     STEP("d", "llm",
		  ",\"model\":\"mock.fail:provider\",\"on_error\":\"route\""
		  ",\"on_error_step_id\":\"e\",\"next_step_id\":\"f\"") ","
	     STEP("e", "print",
		  ",\"print_content\":\"again {state.x}\",\"output_key\":\"z\""
		  ",\"max_iterations\":2,\"next_step_id\":\"g\"") ","
	     STEP("f", "print", ",\"print_content\":\"never\"") ","
	     STEP("g", "print",
		  ",\"print_content\":\"quiet\",\"max_iterations\":3"
		  ",\"next_step_id\":\"h\"") ","
	     STEP("h", "print",
		  ",\"print_content\":\"round\",\"max_iterations\":2"
		  ",\"next_step_id\":\"e\""));
/* clang-format on */

static struct memory_host whole; /* the run without a cut */

static int setup(void **state)
{
	struct exec *exec;

	(void)state;
	memory_init(&whole, NULL);
	exec = memory_run(&whole, several, "{\"k\":[1,{\"a\":null}]}");
	(void)memory_pump(&whole);
	assert_int_equal(whole.ended, 1);
	assert_int_equal(whole.final->status, RUN_FAILED);
	exec_free(exec);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	memory_deinit(&whole);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define INPUTS     "{\"k\":[1,{\"a\":null}]}"

static void same_text(const struct str *a, const struct str *b)
{
	assert_string_equal(str_text(a), str_text(b));
}

static void expect_fold(struct memory_host *host, const char *state, const char *history)
{
	struct definition *definition = memory_definition(several);
	struct str out = STR_INIT;
	struct fold fold;
	struct err err;

	assert_int_equal(memory_fold(host, definition, INPUTS, &fold, &err), 0);
	assert_true(fold.ended);
	state_print(&fold.root->scope->state, &out);
	assert_string_equal(str_text(&out), state);
	str_reset(&out, 0);
	history_print(&fold.root->scope->history, &out);
	assert_string_equal(str_text(&out), history);
	str_deinit(&out);
	fold_deinit(&fold);
	definition_unref(definition);
}

/* Continue behind the first n rows; the end is the same, and what was announced is not
 * announced again. Returns how many rows the rest took. */
static void continue_behind(const struct fold_row *rows, size_t n)
{
	struct memory_host host;
	struct exec *exec;

	memory_init(&host, NULL);
	memory_adopt(&host, rows, n);
	host.ids = 1000;
	exec = memory_resume(&host, several, INPUTS, 2);
	(void)memory_pump(&host);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
	assert_int_equal(host.final->status, whole.final->status);
	same_text(&host.final->error, &whole.final->error);
	same_text(&host.final->state, &whole.final->state);
	same_text(&host.final->history, &whole.final->history);
	same_text(&host.final->response, &whole.final->response);
	assert_int_equal(host.final->usage.calls, whole.final->usage.calls);
	assert_int_equal(host.final->usage.input_tokens, whole.final->usage.input_tokens);
	/* the fold asks that rows and events are numbered without a gap */
	expect_fold(&host, str_text(&whole.final->state),
		    str_text(&whole.final->history));
	assert_int_equal(strncmp(str_text(&host.types), "worker_picked_up ", 17), 0);
	assert_null(strstr(str_text(&host.types) + 17, "worker_picked_up"));
	if (n > 0) {
		assert_null(strstr(str_text(&host.types), "orchestration_start"));
		assert_null(strstr(str_text(&host.types), "worker_picked_up step_start"));
		assert_int_equal(host.journal_count, whole.journal_count + 1);
	}
	memory_deinit(&host);
}

static void a_run_cut_behind_each_row_ends_the_same(void **state)
{
	size_t n;

	(void)state;
	assert_true(whole.journal_count > 8);
	for (n = 0; n < whole.journal_count; n++)
		continue_behind(whole.journal, n);
}

static void a_run_that_is_cut_again_and_again_ends_the_same(void **state)
{
	struct memory_host host;
	uint64_t epoch = 1;
	struct exec *exec = NULL;

	(void)state;
	memory_init(&host, NULL);
	exec = memory_run(&host, several, INPUTS);
	while (!host.ended) {
		/* each owner gets one row in, and dies */
		int owned = 0;

		host.hold_commits = true;
		(void)memory_pump(&host);
		while (!host.ended && owned++ < 1) {
			memory_commit(&host);
			(void)memory_pump(&host);
		}
		exec_free(exec);
		exec = NULL;
		if (!host.ended)
			exec = memory_resume(&host, several, INPUTS, ++epoch);
	}
	exec_free(exec);
	assert_true(epoch > 5);
	same_text(&host.final->state, &whole.final->state);
	same_text(&host.final->history, &whole.final->history);
	memory_deinit(&host);
}

static void the_order_in_which_rows_are_read_does_not_matter(void **state)
{
	struct memory_host host;
	struct rng rng;
	size_t i;
	int round;

	(void)state;
	rng_seed(&rng, 11);
	for (round = 0; round < 50; round++) {
		memory_init(&host, NULL);
		memory_adopt(&host, whole.journal, whole.journal_count);
		for (i = host.journal_count - 1; i > 0; i--) {
			size_t j = (size_t)rng_below(&rng, (uint32_t)i + 1);
			struct fold_row row = host.journal[i];

			host.journal[i] = host.journal[j];
			host.journal[j] = row;
		}
		expect_fold(&host, str_text(&whole.final->state),
			    str_text(&whole.final->history));
		memory_deinit(&host);
	}
}

static char *joined_events(const char *a, const char *b)
{
	struct str all = STR_INIT;

	if (!a || !b)
		return a || b ? mem_dup(a ? a : b) : NULL;
	str_add(&all, a, strlen(a) - 1);
	str_add_char(&all, ',');
	str_add_text(&all, b + 1);
	return str_take(&all);
}

/* As the host of a lazy run does: what has nothing but events rides in the row before. */
static void rows_that_melted_into_each_other_fold_the_same(void **state)
{
	struct fold_row melted[MEMORY_ROWS_MAX];
	char *owned[MEMORY_ROWS_MAX];
	size_t n = 0, texts = 0, i;

	(void)state;
	for (i = 0; i < whole.journal_count; i++) {
		const struct fold_row *row = &whole.journal[i];

		if (n > 0 && (i == 1 || (!row->delta && !row->usage && !row->error))) {
			struct fold_row *last = &melted[n - 1];
			char *events = joined_events(last->events, row->events);

			owned[texts++] = events;
			if (i == 1) { /* the start row into the first step */
				*last = *row;
				last->seq = 1;
			}
			last->events = events;
			continue;
		}
		melted[n] = *row;
		melted[n].seq = (int64_t)n + 1;
		n++;
	}
	assert_true(n + 2 < whole.journal_count);
	for (i = 1; i < n; i++) {
		struct memory_host host;
		struct exec *exec;

		memory_init(&host, NULL);
		memory_adopt(&host, melted, i);
		exec = memory_resume(&host, several, INPUTS, 2);
		(void)memory_pump(&host);
		exec_free(exec);
		same_text(&host.final->state, &whole.final->state);
		same_text(&host.final->history, &whole.final->history);
		memory_deinit(&host);
	}
	while (texts)
		mem_free(owned[--texts]);
}

static void an_interrupted_step_starts_again_with_its_first_attempt(void **state)
{
	static const char text[] =
		ORCH("", STEP("a", "llm",
			      ",\"model\":\"mock.echo\",\"output_key\":\"x\""
			      ",\"retry\":{\"max\":1,\"backoff_ms\":0}"));
	struct memory_host host;
	struct exec *exec;

	(void)state;
	memory_init(&host, NULL);
	host.hold_calls = true;
	exec = memory_run(&host, text, NULL);
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_PROVIDER, "no");
	(void)memory_pump(&host);
	assert_int_equal(host.calls_made, 2);
	exec_free(exec); /* its one retry is under way */
	host.fail_first = 1;
	host.hold_calls = false;
	exec = memory_resume(&host, text, NULL, 2);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_int_equal(host.calls_made, 4);
	exec_free(exec);
	memory_deinit(&host);
}

static void a_run_that_goes_on_has_the_same_bound_of_its_state(void **state)
{
	static const char text[] = ORCH(
		"", STEP("a", "llm", ",\"model\":\"mock.echo\",\"output_key\":\"x\""));
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;
	struct memory_host host;
	struct exec *exec;
	char large[400];

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	limits.state_max = 300;
	memory_init(&host, &limits);
	host.hold_calls = true;
	exec = memory_run(&host, text, NULL);
	(void)memory_pump(&host);
	exec_free(exec);
	exec = memory_resume(&host, text, NULL, 2);
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_NONE, large);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.final->error), "more than 300"));
	exec_free(exec);
	memory_deinit(&host);
}

static void a_start_that_the_journal_lacks_is_said(void **state)
{
	struct memory_host host;
	struct exec *exec;
	char *at;

	(void)state;
	memory_init(&host, NULL);
	memory_adopt(&host, whole.journal, 2);
	/* the row of `a` without what followed from it */
	at = strstr((char *)(uintptr_t)host.journal[1].events, ",[\"1780000000000-5\"");
	assert_non_null(at);
	(void)snprintf(at, strlen(at) + 1, "]");
	exec = memory_resume(&host, several, INPUTS, 2);
	(void)memory_pump(&host);
	assert_int_equal(
		strncmp(str_text(&host.types), "worker_picked_up step_start", 27), 0);
	same_text(&host.final->state, &whole.final->state);
	exec_free(exec);
	memory_deinit(&host);
}

static void a_drained_run_parks_at_the_next_step_and_goes_on_elsewhere(void **state)
{
	struct memory_host host, other;
	struct exec *exec;

	(void)state;
	memory_init(&host, NULL);
	host.hold_calls = true;
	(void)memory_run(&host, several, INPUTS);
	(void)memory_pump(&host);
	assert_int_equal(host.calls_made, 1); /* b/1 is in flight */
	engine_drain(host.engine);
	(void)memory_pump(&host);
	assert_int_equal(host.parked, 0);
	memory_answer(&host, 0, FAIL_NONE, "two 1 hello");
	(void)memory_pump(&host); /* its row goes out; c was announced and not started */
	assert_int_equal(host.parked, 1);
	assert_int_equal(host.calls_made, 1);
	assert_int_equal(host.engine->runs, 0);
	memory_init(&other, NULL);
	memory_adopt(&other, host.journal, host.journal_count);
	exec = memory_resume(&other, several, INPUTS, 2);
	(void)memory_pump(&other);
	same_text(&other.final->state, &whole.final->state);
	same_text(&other.final->history, &whole.final->history);
	exec_free(exec);
	memory_deinit(&other);
	memory_deinit(&host);
}

/* ---- rows made by hand ---- */

#define EVENT(id, body) "[\"" id "\",{\"type\":" body ",\"epoch\":1}]"
static const char one_step[] =
	ORCH(",\"timeout_minutes\":1",
	     STEP("a", "print", ",\"print_content\":\"p\",\"output_key\":\"x\""));

static int fold_rows(const struct fold_row *rows, size_t n, struct fold *fold,
		     struct err *err)
{
	struct definition *definition = memory_definition(one_step);
	const struct fold_seed seed = { .definition = definition, .message = "" };
	int rc = fold_journal(fold, &seed, rows, n, err);

	definition_unref(definition);
	return rc;
}

static void a_step_that_failed_for_good_fails_the_run(void **state)
{
	static const char events[] =
		"[" EVENT("1-0", "\"step_start\",\"orch_step_id\":\"a\",\"ts\":1,\"seq\":1") "," EVENT(
			"1-1", "\"step_error\",\"orch_step_id\":\"a\",\"error\":\"cu\","
			       "\"error_class\":\"tool\",\"ts\":1,\"seq\":2") "]";
	const struct fold_row row = {
		.seq = 1,
		.kind = "step",
		.path = "a",
		.step_id = "a",
		.events = events,
		.error = "{\"class\":\"tool\",\"step_id\":\"a\",\"message\":\"cut off\"}"
	};
	struct memory_host host;
	struct exec *exec;

	(void)state;
	memory_init(&host, NULL);
	memory_adopt(&host, &row, 1);
	exec = memory_resume(&host, one_step, NULL, 2);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.final->error), "cut off"));
	exec_free(exec);
	memory_deinit(&host);
}

static void the_time_of_all_owners_counts(void **state)
{
	static const char first[] =
		"[" EVENT("1-0", "\"worker_picked_up\",\"ts\":1000,\"seq\":1") "," EVENT(
			"1-1",
			"\"step_start\",\"orch_step_id\":\"a\",\"ts\":31000,\"seq\":2") "]";
	static const char second[] =
		"[[\"2-0\",{\"type\":\"worker_picked_up\",\"ts\":500000,\"seq\":3,"
		"\"epoch\":2}],[\"2-1\",{\"type\":\"step_warning\",\"ts\":520000,\"seq\":4,"
		"\"epoch\":2}]]";
	const struct fold_row rows[] = {
		{ .seq = 1, .kind = "start", .path = "", .step_id = "", .events = first },
		{ .seq = 2,
		  .kind = "start",
		  .path = "",
		  .step_id = "",
		  .events = second },
	};
	struct memory_host host;
	struct exec *exec;
	struct fold fold;

	(void)state;
	assert_int_equal(fold_rows(rows, 2, &fold, NULL), 0);
	assert_int_equal(fold.spent_ms, 50000);
	assert_int_equal(fold.root->at, FOLD_ANNOUNCED);
	assert_int_equal(fold.last_id_ms, 2);
	assert_int_equal(fold.last_id_n, 1);
	fold_deinit(&fold);
	/* ten of the sixty seconds are left */
	memory_init(&host, NULL);
	memory_adopt(&host, rows, 2);
	exec = memory_resume(&host, one_step, NULL, 3);
	host.hold_commits = true;
	assert_int_equal(memory_pump(&host), 10000);
	(void)memory_wait(&host, 10000);
	memory_commit(&host);
	(void)memory_pump(&host);
	assert_int_equal(host.final->status, RUN_FAILED);
	assert_non_null(strstr(str_text(&host.final->error), "timed out after 60s"));
	exec_free(exec);
	memory_deinit(&host);
}

static void what_no_engine_wrote_is_refused(void **state)
{
	static const struct {
		struct fold_row row;
		const char *say;
	} cases[] = {
		{ { .seq = 2, .kind = "step", .path = "a" }, "row 0 is followed by 2" },
		{ { .seq = 1, .kind = "effect", .path = "" }, "kind effect" },
		{ { .seq = 1, .kind = "step", .path = "p#0/a", .delta = "[]" },
		  "path p#0/a" },
		{ { .seq = 1, .kind = "step", .path = "a", .delta = "[[\"set\"]]" },
		  "delta" },
		{ { .seq = 1, .kind = "step", .path = "a", .usage = "{}" }, "usage" },
		{ { .seq = 1, .kind = "step", .path = "a", .events = "[[1,2]]" },
		  "no event" },
		{ { .seq = 1, .kind = "step", .path = "a", .events = "[[\"1-0\"" },
		  "events" },
		{ { .seq = 1,
		    .kind = "step",
		    .path = "a",
		    .events = "[[\"1-0\",{\"type\":\"x\",\"seq\":2}]]" },
		  "event 0 is followed by number 2" },
		{ { .seq = 1,
		    .kind = "step",
		    .path = "a",
		    .events = "[[\"1-0\",{\"type\":\"step_start\",\"seq\":1,"
			      "\"orch_step_id\":\"zz\"}]]" },
		  "'zz'" },
	};
	struct fold fold;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(fold_rows(&cases[i].row, 1, &fold, &err), ERR_INPUT);
		assert_non_null(strstr(err.text, cases[i].say));
		fold_deinit(&fold);
	}
}

static void stream_ids_are_read_strictly(void **state)
{
	static const char *const bad[] = { "",    "1",    "-1",           "1-",
					   "x-1", "1-1x", "1-4294967296", "1--1" };
	int64_t ms = 0;
	uint32_t n = 0;
	size_t i;

	(void)state;
	assert_true(fold_stream_id("1780000000000-7", &ms, &n));
	assert_true(ms == 1780000000000 && n == 7);
	assert_true(fold_stream_id("0-4294967295", &ms, &n));
	assert_true(n == UINT32_MAX);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(fold_stream_id(bad[i], &ms, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_run_cut_behind_each_row_ends_the_same),
		TEST(a_run_that_is_cut_again_and_again_ends_the_same),
		TEST(the_order_in_which_rows_are_read_does_not_matter),
		TEST(rows_that_melted_into_each_other_fold_the_same),
		TEST(an_interrupted_step_starts_again_with_its_first_attempt),
		TEST(a_run_that_goes_on_has_the_same_bound_of_its_state),
		TEST(a_start_that_the_journal_lacks_is_said),
		TEST(a_drained_run_parks_at_the_next_step_and_goes_on_elsewhere),
		cmocka_unit_test(a_step_that_failed_for_good_fails_the_run),
		cmocka_unit_test(the_time_of_all_owners_counts),
		cmocka_unit_test(what_no_engine_wrote_is_refused),
		cmocka_unit_test(stream_ids_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
