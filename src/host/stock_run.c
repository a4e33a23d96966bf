/*
 * stock_run.c - a run that a stock program left waiting, or failed, as a journal
 *
 * Stock keeps where a run stands as a whole: state, history, the step that asks. That is
 * what a snapshot says, so one of them, made by the code that makes ours, is the run's
 * past, and whoever goes on with it knows no difference. Entries of the history whose
 * step the definition has no more are left out: prompts would show them, nothing needs
 * them.
 */
#include "host/stock_run.h"

#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/moment.h"
#include "engine/event.h"
#include "engine/fold.h"
#include "engine/fold_node.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/snapshot.h"
#include "run/definition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* 0: it says none. */
static int64_t moment_of(const struct json *entry, const char *key)
{
	const char *text = jsonr_get_text(entry, key);
	int64_t at_ms;

	return text && moment_parse(text, &at_ms) ? at_ms : 0;
}

/* 0: none that an entry could have. */
static int64_t duration_of(const struct json *entry)
{
	double sec = jsonr_double(jsonr_get(entry, "duration_seconds"));

	return sec > 0 && sec < 1e12 ? (int64_t)(sec * 1000. + .5) : 0;
}

static int take_state(struct scope *scope, const struct json *state, struct err *err)
{
	struct jsonr_iter it = jsonr_iter(state);
	struct str text = STR_INIT;
	int rc = 0;

	while (rc == 0 && jsonr_next(&it)) {
		str_reset(&text, 65536);
		jsonr_print(it.value, &text);
		rc = state_set(&scope->state, it.key, str_text(&text), text.len, err);
	}
	str_deinit(&text);
	return rc;
}

static void take_entry(struct scope *scope, const struct json *entry)
{
	const struct definition_step *step =
		definition_step(scope->definition, jsonr_get_text(entry, "step_id"));
	const char *status = jsonr_get_text(entry, "status");
	const char *error = jsonr_get_text(entry, "error");
	int64_t started, ended;
	bool failed = status && strcmp(status, "failed") == 0;

	if (!step)
		return;
	ended = moment_of(entry, "ended_at");
	started = moment_of(entry, "started_at");
	history_add(&scope->history, &scope->arena, step, started ? started : ended,
		    ended ? ended : started, duration_of(entry),
		    failed ? FAIL_JOB : FAIL_NONE, failed && error ? error : NULL);
}

static void print_snapshot(const struct stock_run *run, struct scope *scope,
			   const struct definition_step *step, struct str *out)
{
	const struct snapshot_clock clock = { 0, run->now_ms, run->now_ms };
	struct fold fold;

	memset(&fold, 0, sizeof(fold));
	fold.root = fold_node_lent(scope);
	fold.root->step = step;
	fold.root->at = run->failed ? FOLD_FAILED : FOLD_ANNOUNCED;
	fold.root->asked = !run->failed;
	if (run->failed) {
		fold.root->class = FAIL_JOB;
		fold.root->error = run->failed;
	}
	fold.turns = scope->turns;
	fold.seq = run->failed ? 0 : 1;
	snapshot_print(&fold, &clock, out);
	fold_node_free(fold.root);
}

static void print_question(const struct stock_run *run,
			   const struct definition_step *step, int execution,
			   struct str *out)
{
	struct engine_row *row = row_new(ROW_WAIT, "", step->id, execution);
	const struct event_stamp stamp = { .at_ms = run->now_ms, .max = run->event_max };
	const char *prompt = run->prompt ? run->prompt : "";
	const char *text;
	struct jsonw w;
	char id[48];
	size_t len;

	event_human_input_required(&row->texts, &stamp, step, run->run_id,
				   (struct event_text){ prompt, strlen(prompt) }, NULL);
	row_add_event(row);
	row_seal(row, 1, 0);
	text = row_event_text(row, 0, &len);
	jsonw_init(&w, out);
	jsonw_array(&w);
	jsonw_array(&w);
	(void)snprintf(id, sizeof(id), "%" PRId64 "-0", run->now_ms);
	jsonw_text(&w, id);
	jsonw_raw(&w, text, len);
	jsonw_array_end(&w);
	jsonw_array_end(&w);
	row_free(row);
}

int stock_run_journal(const struct stock_run *run, struct definition *definition,
		      struct stock_journal *ret, struct err *err)
{
	const struct definition_step *step = definition_step(definition, run->step_id);
	struct scope *scope;
	size_t i;
	int rc;

	if (!step || (!run->failed && step->type != STEP_HUMAN))
		return err_set(err, ERR_INPUT,
			       "the definition that there is now has no such step '%s'",
			       run->step_id ? run->step_id : "");
	scope = scope_new(definition, run->state_max);
	rc = take_state(scope, run->state, err);
	for (i = 0; rc == 0 && i < jsonr_count(run->history); i++)
		take_entry(scope, jsonr_at(run->history, i));
	if (rc == 0) {
		scope->turns = (int64_t)history_total(&scope->history) + 1;
		ids_encode(&ret->path, step->id);
		ret->execution = history_count(&scope->history, step) + 1;
		if (!run->failed)
			print_question(run, step, ret->execution, &ret->events);
		print_snapshot(run, scope, step, &ret->snapshot);
	}
	scope_free(scope);
	return rc;
}

void stock_journal_deinit(struct stock_journal *journal)
{
	str_deinit(&journal->events);
	str_deinit(&journal->snapshot);
	str_deinit(&journal->path);
}
