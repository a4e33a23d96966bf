/*
 * sim_fold.c - journals folded, and told in a text that can be compared
 */
#include "sim_fold.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/scope.h"
#include "host/held.h"
#include "run/definition.h"
#include "sim_bugs.h"
#include "sim_store.h"
#include "sim_world.h"

#include <inttypes.h>
#include <string.h>

static void init(struct sim_rows *rows, size_t room)
{
	memset(rows, 0, sizeof(*rows));
	rows->rows = mem_new_n(struct fold_row, room);
	rows->closed = mem_new_n(char *, room);
}

static void add_stored(struct sim_rows *rows, const struct sim_run *run, size_t n)
{
	for (; rows->count < n; rows->count++)
		rows->rows[rows->count] = run->rows[rows->count].row;
}

void sim_rows_stored(struct sim_rows *rows, const struct sim_run *run, size_t n)
{
	init(rows, n);
	add_stored(rows, run, n);
}

static size_t count(const struct list *list)
{
	size_t n = 0;

	list_for_each(node, list)
		n++;
	return n;
}

static const char *text_or_null(const struct str *text)
{
	return text->len ? str_text(text) : NULL;
}

/* The list of a row that may still grow is not closed: a copy of it is. */
static const char *closed(struct sim_rows *rows, const struct str *events)
{
	const char *text = str_text(events);
	size_t len = events->len;
	char *copy;

	if (!len || (text[len - 1] == ']' && text[len - 2] == ']'))
		return text_or_null(events);
	copy = mem_dup_n(text, len + 1); /* the NUL becomes the bracket */
	copy[len] = ']';
	rows->closed[rows->closed_count++] = copy;
	return copy;
}

static void add_held(struct sim_rows *rows, const struct list *list)
{
	list_for_each(node, list) {
		struct held_row *held = list_entry(node, struct held_row, node);
		const struct engine_row *row = held->row;

		rows->rows[rows->count++] = (struct fold_row){
			.seq = held->seq,
			.path = row->path,
			.step_id = row->step_id,
			.kind = row_kind_name(row->kind),
			.delta = text_or_null(&row->delta),
			.events = closed(rows, held->events),
			.usage = text_or_null(&row->usage),
			.error = text_or_null(&row->error),
		};
	}
}

void sim_rows_handed(struct sim_rows *rows, const struct sim_run *run,
		     const struct held *held)
{
	size_t pending = count(&held->flying) + count(&held->rows);
	size_t stored = held->seq - pending;

	init(rows, stored + pending);
	add_stored(rows, run, stored);
	add_held(rows, &held->flying);
	add_held(rows, &held->rows);
}

void sim_rows_deinit(struct sim_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->closed_count; i++)
		mem_free(rows->closed[i]);
	mem_free(rows->closed);
	mem_free(rows->rows);
}

void sim_fold(struct sim_world *world, const struct sim_run *run,
	      const struct sim_rows *rows, struct fold *fold)
{
	const struct fold_seed seed = {
		.definition = run->definition,
		.message = run->message,
		.message_len = strlen(run->message),
		.inputs = run->inputs,
		.inputs_len = strlen(run->inputs),
		.state_max = world->plan.limits.state_max,
	};
	struct err err;

	world->counts->folds++;
	if (fold_journal(fold, &seed, rows->rows, rows->count, &err) < 0)
		sim_broken(world, "%s: its journal cannot be folded: %s", run->run_id,
			   err.text);
}

static void tell(struct str *out, const struct state *state,
		 const struct history *history, const struct usage *usage, int64_t turns,
		 uint64_t seq)
{
	const struct history_entry *entry;

	state_print(state, out);
	str_printf(out,
		   "\nturns %" PRId64 ", seq %" PRIu64 ", calls %" PRId64
		   ", tokens %" PRId64 "+%" PRId64 ", cost %.3f\n",
		   turns, seq, usage->calls, usage->input_tokens, usage->output_tokens,
		   usage->cost_usd);
	/* a step that the run's own limit stopped is told by no event of the step */
	for (entry = history->first; entry; entry = entry->next)
		if (!entry->error ||
		    strncmp(entry->error, "Orchestration timed out", 23) != 0)
			str_printf(out, "%s %s %s\n", entry->step->id,
				   fail_name(entry->class),
				   entry->error ? entry->error : "");
}

void sim_fold_tell(const struct fold *fold, struct str *out)
{
	tell(out, &fold->scope->state, &fold->scope->history, &fold->usage, fold->turns,
	     fold->seq);
	if (fold->at == FOLD_ANNOUNCED)
		str_printf(out, "at %s", fold->step->id);
	else
		str_printf(out, "at %s", fold->at == FOLD_ENDED ? "the end" : "nothing");
}

void sim_exec_tell(const struct exec *exec, struct str *out)
{
	tell(out, &exec->scope->state, &exec->scope->history, &exec->usage, exec->turns,
	     exec->seq);
	if (exec->status != RUN_RUNNING)
		str_add_text(out, "at the end");
	else
		str_printf(out, "at %s", exec->step ? exec->step->id : "nothing");
}
