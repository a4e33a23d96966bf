/*
 * fuzz_stock.c - any bytes as what a stock program left: a checkpoint of a run, or the
 * file of its settings (libFuzzer)
 *
 * What must hold beside that nothing crashes: what a journal is made of is one that a
 * fold takes, and it stands at the step that the checkpoint names; settings that are
 * changed are JSON, and what was not changed stays.
 */
#include "fuzz.h"

#include "api/saved_file.h"
#include "base/err.h"
#include "base/jsonr.h"
#include "conf/conf_rows.h"
#include "conf/conf_saved.h"
#include "engine/fold.h"
#include "engine/fold_node.h"
#include "host/stock_run.h"
#include "run/definition.h"
#include "run/problem.h"

#include <assert.h>
#include <stdio.h>

static const char definition_text[] =
	"{\"id\":\"o\",\"name\":\"n\",\"entry_step_id\":\"a\",\"steps\":["
	"{\"id\":\"a\",\"name\":\"A\",\"type\":\"llm\",\"prompt_template\":\"x\","
	"\"output_key\":\"r\",\"next_step_id\":\"h\"},"
	"{\"id\":\"h\",\"name\":\"H\",\"type\":\"human\",\"prompt\":\"?\","
	"\"human_fields\":[{\"name\":\"f\"}],\"output_key\":\"o\",\"next_step_id\":\"e\"},"
	"{\"id\":\"e\",\"name\":\"E\",\"type\":\"end\"}]}";

static struct definition *the_definition(void)
{
	static struct definition *definition;
	struct problems problems;

	if (definition)
		return definition;
	problem_init(&problems);
	assert(definition_parse(definition_text, strlen(definition_text), &definition,
				&problems) == 0);
	problem_deinit(&problems);
	return definition;
}

static void check_fold(const struct stock_run *run, const struct stock_journal *journal)
{
	const struct fold_row rows[] = {
		{ .seq = 1, .path = "", .step_id = "", .kind = "start" },
		{ .seq = STOCK_RUN_SEQ,
		  .path = "",
		  .step_id = run->step_id,
		  .kind = run->failed ? "step" : "wait",
		  .events = journal->events.len ? str_text(&journal->events) : NULL },
		{ .seq = STOCK_RUN_SEQ + 1,
		  .path = "",
		  .step_id = "",
		  .kind = "snapshot",
		  .delta = str_text(&journal->snapshot) },
	};
	const struct fold_seed seed = {
		.definition = the_definition(),
		.message = "",
		.state_max = run->state_max,
	};
	struct fold fold;
	struct err err;
	int rc;

	memset(&fold, 0, sizeof(fold));
	rc = fold_journal(&fold, &seed, rows + 1, 2, &err);
	if (rc < 0)
		(void)fprintf(stderr, "fold: %s\n", err.text);
	assert(rc == 0);
	assert(!fold.ended && fold.root &&
	       strcmp(fold.root->step->id, run->step_id) == 0);
	assert(fold.root->at == (run->failed ? FOLD_FAILED : FOLD_ANNOUNCED));
	fold_deinit(&fold);
}

static void check_checkpoint(const struct json *doc)
{
	const char *failed = jsonr_get_text(doc, "error");
	const struct stock_run run = {
		.run_id = "run_1",
		.step_id = jsonr_get_text(doc, "current_step_id"),
		.prompt = jsonr_get_text(doc, "human_prompt"),
		.failed = failed,
		.state = jsonr_get(doc, "shared_state"),
		.history = jsonr_get(doc, "step_history"),
		.now_ms = 1780000000000,
		.state_max = 4096,
		.event_max = 4096,
	};
	struct stock_journal journal = { STR_INIT, STR_INIT, STR_INIT, 0 };
	struct err err;
	int rc;

	if (jsonr_type(run.state) != JSONR_OBJECT ||
	    jsonr_type(run.history) != JSONR_ARRAY)
		return; /* who reads it refuses it */
	rc = stock_run_journal(&run, the_definition(), &journal, &err);
	assert(rc == 0 || rc == ERR_INPUT || rc == ERR_LIMIT);
	if (rc == 0)
		check_fold(&run, &journal);
	else
		assert(err.text[0]);
	stock_journal_deinit(&journal);
}

static void check_settings(const char *text, const struct json *doc)
{
	const struct saved_change changes[] = {
		{ conf_rows_find("llm.model"), "mock.echo" },
		{ conf_rows_find("engine.event_max"), NULL },
	};
	struct str once = STR_INIT, twice = STR_INIT;
	struct json *again = NULL;
	struct jsonr_iter it = jsonr_iter(doc);

	saved_file_change(text, changes, 2, &once);
	assert(jsonr_parse(str_text(&once), once.len, &again, NULL, NULL, NULL) == 0);
	while (jsonr_next(&it)) {
		struct str was = STR_INIT, is = STR_INIT;
		const char *stock = conf_saved_stock(changes[0].row);

		if (strcmp(it.key, CONF_SAVED_OURS) == 0 ||
		    (stock && strcmp(it.key, stock) == 0))
			continue;
		jsonr_print(it.value, &was);
		jsonr_print(jsonr_get(again, it.key), &is);
		assert(same_text(&was, &is));
		str_deinit(&was);
		str_deinit(&is);
	}
	saved_file_change(str_text(&once), changes, 2, &twice);
	assert(same_text(&once, &twice));
	jsonr_free(again);
	str_deinit(&once);
	str_deinit(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dup_n((const char *)data, size);
	struct json *doc = NULL;

	if (strlen(text) == size &&
	    jsonr_parse(text, size, &doc, NULL, NULL, NULL) == 0 &&
	    jsonr_type(doc) == JSONR_OBJECT) {
		check_checkpoint(doc);
		check_settings(text, doc);
	}
	jsonr_free(doc);
	mem_free(text);
	return 0;
}
