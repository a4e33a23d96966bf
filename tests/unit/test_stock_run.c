/* test_stock_run.c - what a stock program left of a run, as the rows of a journal */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/stock_run.h"

#include "base/jsonr.h"
#include "engine/fold.h"
#include "run/definition.h"
#include "run/problem.h"

#include <stdio.h>
#include <string.h>

#define NOW_MS 1780000000000

static const char text[] =
	"{\"id\":\"o\",\"name\":\"n\",\"entry_step_id\":\"a\",\"steps\":["
	"{\"id\":\"a\",\"name\":\"A\",\"type\":\"llm\",\"prompt_template\":\"x\","
	"\"output_key\":\"r\",\"next_step_id\":\"h\"},"
	"{\"id\":\"h\",\"name\":\"H\",\"type\":\"human\",\"prompt\":\"?\","
	"\"output_key\":\"p\",\"next_step_id\":\"e\"},"
	"{\"id\":\"e\",\"name\":\"E\",\"type\":\"end\"}]}";

static struct definition *definition;
static struct fold fold;

static int setup(void **state)
{
	struct problems problems;
	int rc;

	(void)state;
	problem_init(&problems);
	rc = definition_parse(text, sizeof(text) - 1, &definition, &problems);
	problem_deinit(&problems);
	return rc;
}

static int teardown(void **state)
{
	(void)state;
	definition_unref(definition);
	return 0;
}

/* Fold what is made of a state and a history; the caller's (fold_deinit). */
static void taken(const char *step_id, const char *state, const char *history)
{
	struct stock_journal journal = { STR_INIT, STR_INIT, STR_INIT, 0 };
	struct json *values = NULL, *past = NULL;
	struct stock_run run = {
		.run_id = "r",
		.step_id = step_id,
		.now_ms = NOW_MS,
		.state_max = 4096,
		.event_max = 4096,
	};
	const struct fold_seed seed = {
		.definition = definition,
		.message = "",
		.state_max = 4096,
	};
	struct err err;

	assert_int_equal(jsonr_parse(state, strlen(state), &values, NULL, NULL, &err), 0);
	assert_int_equal(jsonr_parse(history, strlen(history), &past, NULL, NULL, &err),
			 0);
	run.state = values;
	run.history = past;
	assert_int_equal(stock_run_journal(&run, definition, &journal, &err), 0);
	{
		const struct fold_row rows[] = {
			{ .seq = STOCK_RUN_SEQ,
			  .path = "",
			  .step_id = step_id,
			  .kind = "wait",
			  .events = str_text(&journal.events) },
			{ .seq = STOCK_RUN_SEQ + 1,
			  .path = "",
			  .step_id = "",
			  .kind = "snapshot",
			  .delta = str_text(&journal.snapshot) },
		};

		memset(&fold, 0, sizeof(fold));
		assert_int_equal(fold_journal(&fold, &seed, rows, 2, &err), 0);
	}
	stock_journal_deinit(&journal);
	jsonr_free(values);
	jsonr_free(past);
}

static void it_stands_at_the_step_that_asks(void **state)
{
	const struct history *history;

	(void)state;
	taken("h", "{\"user_input\":\"x\"}",
	      "[{\"step_id\":\"a\",\"status\":\"completed\","
	      "\"started_at\":\"2026-05-01T00:00:00Z\",\"duration_seconds\":1.25}]");
	assert_string_equal(fold.root->step->id, "h");
	assert_int_equal(fold.root->at, FOLD_ANNOUNCED);
	history = &fold_node_scope(fold.root)->history;
	assert_int_equal(history_total(history), 1);
	assert_int_equal(history->first->duration_ms, 1250);
	fold_deinit(&fold);
}

static void a_duration_that_nothing_takes_is_none(void **state)
{
	static const char *const durations[] = { "1e300", "-1e300", "-1", "\"x\"",
						 "null" };
	char history[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(durations) / sizeof(*durations); i++) {
		(void)snprintf(history, sizeof(history),
			       "[{\"step_id\":\"a\",\"status\":\"completed\","
			       "\"duration_seconds\":%s}]",
			       durations[i]);
		taken("h", "{}", history);
		assert_int_equal(fold_node_scope(fold.root)->history.first->duration_ms,
				 0);
		fold_deinit(&fold);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_stands_at_the_step_that_asks),
		cmocka_unit_test(a_duration_that_nothing_takes_is_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
