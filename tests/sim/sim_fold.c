/*
 * sim_fold.c - journals folded, and told in a text that can be compared
 */
#include "sim_fold.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/scope.h"
#include "host/held.h"
#include "run/definition.h"
#include "sim_agent.h"
#include "sim_bugs.h"
#include "sim_store.h"
#include "sim_world.h"

#include <inttypes.h>
#include <string.h>

static void init(struct sim_rows *rows, size_t room)
{
	memset(rows, 0, sizeof(*rows));
	rows->rows = mem_new_n(struct fold_row, room);
	arena_init(&rows->arena);
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

void sim_rows_read(struct sim_rows *rows, const struct sim_run *run, size_t n)
{
	size_t from = n, i;

	while (from > 0 && strcmp(run->rows[from - 1].row.kind, "snapshot") != 0)
		from--;
	from = from > 1 ? from - 2 : 0;
	init(rows, n - from);
	for (i = from; i < n; i++)
		rows->rows[rows->count++] = run->rows[i].row;
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

static void add_held(struct sim_rows *rows, const struct held *held,
		     const struct list *list)
{
	list_for_each(node, list) {
		struct held_row *from = list_entry(node, struct held_row, node);
		const struct engine_row *row = from->row;

		rows->rows[rows->count++] = (struct fold_row){
			.seq = from->seq,
			.path = row->path,
			.step_id = row->step_id,
			.kind = row_kind_name(row->kind),
			.delta = text_or_null(&row->delta),
			.events = held_row_events(held, from, &rows->arena),
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
	add_held(rows, held, &held->flying);
	add_held(rows, held, &held->rows);
}

void sim_rows_deinit(struct sim_rows *rows)
{
	arena_deinit(&rows->arena);
	mem_free(rows->rows);
}

struct inner_of {
	const struct sim_world *world;
	struct sim_run *run;
};

static struct definition *inner(void *data, const char *id, int64_t version)
{
	const struct inner_of *of = data;

	return sim_agent_inner(of->world, of->run, id, version);
}

void sim_fold(struct sim_world *world, struct sim_run *run, const struct sim_rows *rows,
	      struct fold *fold)
{
	struct inner_of of = { world, run };
	const struct fold_seed seed = {
		.definition = run->definition,
		.message = run->message,
		.message_len = strlen(run->message),
		.inputs = run->inputs,
		.inputs_len = strlen(run->inputs),
		.state_max = world->plan.limits.state_max,
		.inner = inner,
		.inner_data = &of,
	};
	struct err err;

	world->counts->folds++;
	if (fold_journal(fold, &seed, rows->rows, rows->count, &err) < 0)
		sim_broken(world, "%s: its journal cannot be folded: %s", run->run_id,
			   err.text);
}

static void tell_numbers(struct str *out, const struct usage *usage, int64_t turns,
			 int64_t top_turns, uint64_t seq)
{
	str_printf(out, "\nturns %" PRId64 "/%" PRId64 ", seq %" PRIu64, top_turns, turns,
		   seq);
	if (usage)
		str_printf(out,
			   ", calls %" PRId64 ", tokens %" PRId64 "+%" PRId64
			   ", cost %.3f",
			   usage->calls, usage->input_tokens, usage->output_tokens,
			   usage->cost_usd);
}

void sim_tell_fold_numbers(const struct fold *fold, bool usage, struct str *out)
{
	tell_numbers(out, usage ? &fold->usage : NULL, fold->turns,
		     fold_node_scope(fold->root)->turns, fold->seq);
	str_printf(out, ", %" PRId64 " resumes", fold->resumes);
}

void sim_tell_exec_numbers(const struct exec *exec, bool usage, struct str *out)
{
	tell_numbers(out, usage ? &exec->usage : NULL, exec->turns, exec->scope->turns,
		     exec->seq);
	str_printf(out, ", %" PRId64 " resumes", exec->resumes);
}

void sim_tell_scope(const struct scope *scope, struct str *out)
{
	struct history_iter it = history_iter(&scope->history);
	const struct history_entry *entry;

	state_print(&scope->state, out);
	str_add_char(out, '\n');
	while ((entry = history_next(&it))) {
		/* a step that the run's own limit stopped is told by no event of it */
		if (entry->error &&
		    strncmp(entry->error, "Orchestration timed out", 23) == 0)
			continue;
		str_printf(out, "%s %s %s\n", entry->step->id, fail_name(entry->class),
			   entry->error ? entry->error : "");
	}
}

static const char *next_of(const struct fold_node *node)
{
	if (node->at != FOLD_BEHIND || fold_node_completed(node) || !node->next_id)
		return "";
	return node->next_id;
}

static void tell_node(const struct fold_node *node, int depth, struct str *out)
{
	static const char *const names[] = {
		[FOLD_FRESH] = "begins",         [FOLD_ANNOUNCED] = "has announced",
		[FOLD_BEHIND] = "is behind",     [FOLD_AGAIN] = "begins again",
		[FOLD_FAILED] = "has failed at",
	};

	str_printf(out, "\n%d, %zu: %s %s%s, %s, %s\n", depth, node->index,
		   names[node->at], node->step ? node->step->id : "",
		   node->at == FOLD_ANNOUNCED && node->asked ? " and asked" : "",
		   next_of(node),
		   node->at == FOLD_FAILED && node->error ? node->error : "");
	sim_tell_scope(fold_node_scope(node), out);
	list_for_each(at, &node->children)
		tell_node(list_entry(at, struct fold_node, node), depth + 1, out);
}

void sim_tell_fold(const struct fold *fold, struct str *out)
{
	sim_tell_fold_numbers(fold, true, out);
	str_add_text(out, fold->ended ? ", the end" : "");
	tell_node(fold->root, 0, out);
}

/* ---- other orders ---- */

/*
 * Whether two paths are of different branches of one parallel step: where they go apart,
 * the step is the same and the number is not.
 */
static bool are_beside(const char *a, const char *b, const struct definition *definition)
{
	const struct definition_step *step;
	size_t at = 0, from, hash;
	char id[64];

	while (a[at] && a[at] == b[at])
		at++;
	/* back to the beginning of the part in which they differ */
	for (from = at; from > 0 && a[from - 1] != '/'; from--)
		;
	hash = strcspn(a + from, "#");
	/* "p#1" is no beginning of "p#10", but one of "p#1/q#0" */
	if (hash >= sizeof(id) || strncmp(a + from, b + from, hash + 1) != 0 ||
	    (!a[at] && (!b[at] || b[at] == '/')) || (!b[at] && a[at] == '/'))
		return false;
	memcpy(id, a + from, hash);
	id[hash] = '\0';
	step = definition_step(definition, id);
	return step && step->type == STEP_PARALLEL;
}

/* The paths that a row has to do with: its own, and those of its events, which are of
 * several when rows have melted. */
struct paths {
	struct str text; /* each with its NUL */
};

static void paths_init(struct paths *paths, const struct fold_row *row)
{
	const char *slash = strrchr(row->path, '/');
	bool whole = strcmp(row->kind, "start") == 0;
	struct json *list = NULL;
	size_t i;

	memset(paths, 0, sizeof(*paths));
	str_add(&paths->text, row->path,
		whole   ? strlen(row->path)
		: slash ? (size_t)(slash - row->path)
			: 0);
	str_add_char(&paths->text, '\0');
	if (row->events)
		(void)jsonr_parse(row->events, strlen(row->events), &list, NULL, NULL,
				  NULL);
	for (i = 0; i < jsonr_count(list); i++) {
		const char *path = jsonr_get_text(jsonr_at(jsonr_at(list, i), 1), "path");

		str_add_text(&paths->text, path ? path : "");
		str_add_char(&paths->text, '\0');
	}
	jsonr_free(list);
}

static bool all_beside(const struct paths *a, const struct paths *b,
		       const struct definition *definition)
{
	size_t i, k;

	for (i = 0; i < a->text.len; i += strlen(a->text.data + i) + 1)
		for (k = 0; k < b->text.len; k += strlen(b->text.data + k) + 1)
			if (!are_beside(a->text.data + i, b->text.data + k, definition))
				return false;
	return true;
}

/* Events from this number on; appends the list, returns the next number. */
static uint64_t number_events(const char *events, uint64_t seq, struct str *out)
{
	struct str one = STR_INIT;
	struct json *list = NULL;
	size_t i;

	(void)jsonr_parse(events, strlen(events), &list, NULL, NULL, NULL);
	for (i = 0; i < jsonr_count(list); i++) {
		const struct json *pair = jsonr_at(list, i);
		const char *text, *at, *next;

		str_reset(&one, 4096);
		jsonr_print(jsonr_at(pair, 1), &one);
		text = str_text(&one);
		/* the last is the event's own */
		for (at = NULL, next = text; (next = strstr(next, ",\"seq\":")); next++)
			at = next;
		str_printf(out, "%s[\"%s\",%.*s,\"seq\":%" PRIu64 "%s]", i ? "," : "[",
			   jsonr_text(jsonr_at(pair, 0)), (int)(at - text), text, seq++,
			   at + 7 + strspn(at + 7, "0123456789"));
	}
	if (out->len)
		str_add_char(out, ']');
	jsonr_free(list);
	str_deinit(&one);
	return seq;
}

/* Rows are put in another order; false: there is none. */
static bool shuffle(struct sim_rows *rows, const struct definition *definition,
		    struct rng *order)
{
	struct paths *paths = mem_new_n(struct paths, rows->count);
	bool any = false;
	size_t i;

	for (i = 0; i < rows->count; i++)
		paths_init(&paths[i], &rows->rows[i]);
	for (i = 0; rows->count > 1 && i < rows->count * 3; i++) {
		size_t at = rng_below(order, rows->count - 1);
		const struct fold_row row = rows->rows[at];
		const struct paths its = paths[at];

		if (!all_beside(&paths[at], &paths[at + 1], definition))
			continue;
		rows->rows[at] = rows->rows[at + 1];
		paths[at] = paths[at + 1];
		rows->rows[at + 1] = row;
		paths[at + 1] = its;
		any = true;
	}
	for (i = 0; i < rows->count; i++)
		str_deinit(&paths[i].text);
	mem_free(paths);
	return any;
}

bool sim_rows_shuffle(struct sim_rows *rows, const struct definition *definition,
		      struct rng *order)
{
	struct str events = STR_INIT;
	uint64_t seq = 1;
	size_t i;

	if (!shuffle(rows, definition, order))
		return false;
	for (i = 0; i < rows->count; i++) {
		struct fold_row *row = &rows->rows[i];

		row->seq = (int64_t)i + 1;
		if (!row->events)
			continue;
		seq = number_events(row->events, seq, &events);
		row->events = arena_dup_n(&rows->arena, str_text(&events), events.len);
		str_reset(&events, SIZE_MAX);
	}
	str_deinit(&events);
	return true;
}
