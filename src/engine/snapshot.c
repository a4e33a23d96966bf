/*
 * snapshot.c - all that a journal says of a run, in one row of it
 *
 * Who takes a run over reads its journal from the last snapshot on, so what that costs
 * does not grow with the run. A snapshot adds nothing to the journal: a fold of all rows
 * passes over it and has the same (tests/unit/test_snapshot.c).
 *
 *	{"v":1,"seq":17,"turns":4,"top_turns":2,"spent_ms":0,"epoch":1,"first_ts":...,
 *	 "ts":...,"usage":{...},"nodes":[
 *	   {"path":"","at":"announced","step":"p1","place":-1,
 *	    "set":{key: value},"del":[key],"history":[[step,start,end,ms,class,error]]},
 *	   {"path":"p1#0",...,"visits":{"s4":2}}]}
 *
 * The nodes are a flat list, each behind the one that it is inside of: values of the
 * state may be as deep as they may, and nesting would make them deeper. A path without a
 * scope of its own (an iteration) has no set, del and history. What an inner run goes
 * over is in the state of the path that it is inside of (engine/inner.h); it has "turns".
 */
#include "engine/snapshot.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/fold.h"
#include "engine/fold_inner.h"
#include "engine/runframe.h"
#include "run/definition.h"

#include <assert.h>
#include <string.h>

#define SNAPSHOT_VERSION 1

static const char *const at_names[] = {
	[FOLD_FRESH] = "fresh", [FOLD_ANNOUNCED] = "announced", [FOLD_BEHIND] = "behind",
	[FOLD_AGAIN] = "again", [FOLD_FAILED] = "failed",
};

/* ---- written ---- */

static void print_state(struct jsonw *w, const struct state *state)
{
	size_t i;

	jsonw_key(w, "set");
	jsonw_object(w);
	for (i = 0; i < state->count; i++)
		if (state->pairs[i]->json)
			jsonw_pair_raw(w, state->pairs[i]->key, state->pairs[i]->json,
				       state->pairs[i]->json_len);
	jsonw_object_end(w);
	jsonw_key(w, "del");
	jsonw_array(w);
	for (i = 0; i < state->count; i++)
		if (!state->pairs[i]->json)
			jsonw_text(w, state->pairs[i]->key);
	jsonw_array_end(w);
}

static void print_history(struct jsonw *w, const struct history *history)
{
	const struct history_entry *entry;

	jsonw_key(w, "history");
	jsonw_array(w);
	for (entry = history->first; entry; entry = entry->next) {
		jsonw_array(w);
		jsonw_text(w, entry->step->id);
		jsonw_int(w, entry->started_at_ms);
		jsonw_int(w, entry->ended_at_ms);
		jsonw_int(w, entry->duration_ms);
		jsonw_text(w, entry->class == FAIL_NONE ? NULL : fail_name(entry->class));
		jsonw_text(w, entry->error);
		jsonw_array_end(w);
	}
	jsonw_array_end(w);
}

static void print_visits(struct jsonw *w, const struct definition *definition,
			 const int *visits)
{
	size_t i;

	jsonw_key(w, "visits");
	jsonw_object(w);
	for (i = 0; i < definition->steps_count; i++)
		if (visits[i])
			jsonw_pair_int(w, definition->steps[i].id, visits[i]);
	jsonw_object_end(w);
}

static void print_node(struct jsonw *w, const struct fold_node *node, const char *path)
{
	const struct definition *definition = fold_node_scope(node)->definition;
	/* one that failed may be begun again (a row of kind resume) */
	bool over = node->parent && fold_node_completed(node);
	struct str inside = STR_INIT;

	jsonw_object(w);
	jsonw_pair_text(w, "path", path);
	jsonw_pair_text(w, "at", at_names[node->at]);
	jsonw_pair_text(w, "step", node->step ? node->step->id : NULL);
	if (node->at == FOLD_BEHIND)
		jsonw_pair_text(w, "next", over ? NULL : node->next_id);
	if (node->at == FOLD_FAILED) {
		jsonw_pair_text(w, "class", fail_name(node->class));
		jsonw_pair_text(w, "error", node->error);
	}
	if (node->at == FOLD_ANNOUNCED && node->asked)
		jsonw_pair_bool(w, "asked", true);
	if (node->at == FOLD_ANNOUNCED && node->attempt > 1)
		jsonw_pair_int(w, "attempt", node->attempt);
	if (!over)
		jsonw_pair_int(w, "place", node->place);
	if (!over && node->visits)
		print_visits(w, definition, node->visits);
	if (node->parent && node->scope && !node->scope->parent)
		jsonw_pair_int(w, "turns", node->scope->turns);
	if (node->scope) {
		print_state(w, &node->scope->state);
		print_history(w, &node->scope->history);
	}
	jsonw_object_end(w);

	list_for_each(at, &node->children) {
		const struct fold_node *child = list_entry(at, struct fold_node, node);

		assert(node->step); /* the one that its children are inside of */
		str_reset(&inside, 4096);
		str_add_text(&inside, path);
		if (*path)
			str_add_char(&inside, '/');
		ids_encode(&inside, node->step->id);
		str_printf(&inside, "#%zu", child->index);
		print_node(w, child, str_text(&inside));
	}
	str_deinit(&inside);
}

static void print_usage(struct jsonw *w, const struct usage *usage)
{
	jsonw_key(w, "usage");
	jsonw_object(w);
	jsonw_pair_int(w, "calls", usage->calls);
	jsonw_pair_int(w, "input_tokens", usage->input_tokens);
	jsonw_pair_int(w, "output_tokens", usage->output_tokens);
	jsonw_pair_int(w, "cache_read_tokens", usage->cache_read_tokens);
	jsonw_pair_int(w, "cache_write_tokens", usage->cache_write_tokens);
	jsonw_pair_int(w, "cache_hits", usage->cache_hits);
	jsonw_pair_double(w, "cost_usd", usage->cost_usd);
	jsonw_pair_double(w, "savings_usd", usage->savings_usd);
	jsonw_object_end(w);
}

void snapshot_print(const struct fold *fold, const struct snapshot_clock *clock,
		    struct str *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_int(&w, "v", SNAPSHOT_VERSION);
	jsonw_pair_int(&w, "seq", (int64_t)fold->seq);
	jsonw_pair_int(&w, "turns", fold->turns);
	jsonw_pair_int(&w, "top_turns", fold_node_scope(fold->root)->turns);
	jsonw_pair_int(&w, "spent_ms", fold->spent_ms);
	if (fold->resumes)
		jsonw_pair_int(&w, "resumes", fold->resumes);
	jsonw_pair_int(&w, "epoch", clock->epoch);
	jsonw_pair_int(&w, "first_ts", clock->first_ts);
	jsonw_pair_int(&w, "ts", clock->now_ts);
	print_usage(&w, &fold->usage);
	jsonw_key(&w, "nodes");
	jsonw_array(&w);
	print_node(&w, fold->root, "");
	jsonw_array_end(&w);
	jsonw_object_end(&w);
}

/* ---- read ---- */

static int read_state(struct state *state, const struct json *node, struct err *err)
{
	const struct json *gone = jsonr_get(node, "del");
	struct jsonr_iter it = jsonr_iter(jsonr_get(node, "set"));
	const size_t max_bytes = state->max_bytes;
	struct str json = STR_INIT;
	int rc = 0;
	size_t i;

	/* all of it fits, as it did then; what is in the way of a branch's changes at
	 * first, the values of the path that it left, does not count */
	state->max_bytes = 0;
	while (rc == 0 && jsonr_next(&it)) {
		str_reset(&json, 65536);
		jsonr_print(it.value, &json);
		rc = state_set(state, it.key, str_text(&json), json.len, err);
	}
	for (i = 0; rc == 0 && i < jsonr_count(gone); i++)
		if (jsonr_text(jsonr_at(gone, i)))
			state_del(state, jsonr_text(jsonr_at(gone, i)));
	state->max_bytes = max_bytes;
	str_deinit(&json);
	return rc;
}

static enum fail_class read_class(const struct json *value)
{
	const char *name = jsonr_text(value);

	return name ? fail_parse(name, strlen(name)) : FAIL_NONE;
}

static int read_history(struct scope *scope, const struct definition *definition,
			const struct json *list, struct err *err)
{
	size_t i;

	for (i = 0; i < jsonr_count(list); i++) {
		const struct json *entry = jsonr_at(list, i);
		const struct definition_step *step =
			definition_step(definition, jsonr_text(jsonr_at(entry, 0)));

		if (!step)
			return err_set(err, ERR_INPUT,
				       "a snapshot has a step that there is not");
		history_add(&scope->history, &scope->arena, step,
			    jsonr_int(jsonr_at(entry, 1)), jsonr_int(jsonr_at(entry, 2)),
			    jsonr_int(jsonr_at(entry, 3)), read_class(jsonr_at(entry, 4)),
			    jsonr_text(jsonr_at(entry, 5)));
	}
	return 0;
}

static int read_at(struct fold_node *node, const struct json *json, struct err *err)
{
	const char *name = jsonr_get_text(json, "at");
	size_t i;

	for (i = 0; i < sizeof(at_names) / sizeof(at_names[0]); i++)
		if (name && strcmp(name, at_names[i]) == 0) {
			node->at = (enum fold_at)i;
			break;
		}
	if (i == sizeof(at_names) / sizeof(at_names[0]) ||
	    (!node->step && (node->at == FOLD_ANNOUNCED || node->at == FOLD_AGAIN)) ||
	    (node->class == FAIL_NONE && node->at == FOLD_FAILED))
		return err_set(err, ERR_INPUT,
			       "a snapshot has a path that stands nowhere");
	return 0;
}

/* A target that is no step ends the path, as it does in a fold of the events. */
static const char *id_of(const struct definition *definition, const struct json *value)
{
	const struct definition_step *step =
		definition_step(definition, jsonr_text(value));

	return step ? step->id : NULL;
}

static int read_node(struct fold *fold, const struct json *json, struct fold_inner *inner,
		     struct err *err)
{
	const char *path = jsonr_get_text(json, "path");
	const char *error = jsonr_get_text(json, "error");
	const struct definition *definition;
	struct fold_node *node = NULL;
	struct jsonr_iter it;
	int rc;

	inner->rc = 0;
	if (path)
		node = fold_node_reach(fold->root, path, fold_inner_open, inner);
	if (!node && inner->rc < 0) {
		*err = inner->err;
		return inner->rc;
	}
	if (!node)
		return err_set(err, ERR_INPUT,
			       "a snapshot has a path that nothing began");
	definition = fold_node_scope(node)->definition;
	node->step = definition_step(definition, jsonr_get_text(json, "step"));
	node->place = (int)jsonr_get_int(json, "place", -1);
	node->asked = jsonr_bool(jsonr_get(json, "asked"));
	node->attempt = (int)jsonr_get_int(json, "attempt", 0);
	node->next_id = id_of(definition, jsonr_get(json, "next"));
	node->class = read_class(jsonr_get(json, "class"));
	if (error)
		node->error = arena_dup(&fold_node_scope(node)->arena, error);
	rc = read_at(node, json, err);
	it = jsonr_iter(jsonr_get(json, "visits"));
	while (rc == 0 && node->visits && jsonr_next(&it)) {
		const struct definition_step *step = definition_step(definition, it.key);

		if (step)
			node->visits[step->index] = (int)jsonr_int(it.value);
	}
	if (node->parent && node->scope && !node->scope->parent)
		node->scope->turns = jsonr_get_int(json, "turns", 0);
	if (rc == 0 && node->scope)
		rc = read_state(&node->scope->state, json, err);
	if (rc == 0 && node->scope)
		rc = read_history(node->scope, definition, jsonr_get(json, "history"),
				  err);
	return rc;
}

static void read_usage(struct usage *usage, const struct json *json)
{
	usage->calls = jsonr_get_int(json, "calls", 0);
	usage->input_tokens = jsonr_get_int(json, "input_tokens", 0);
	usage->output_tokens = jsonr_get_int(json, "output_tokens", 0);
	usage->cache_read_tokens = jsonr_get_int(json, "cache_read_tokens", 0);
	usage->cache_write_tokens = jsonr_get_int(json, "cache_write_tokens", 0);
	usage->cache_hits = jsonr_get_int(json, "cache_hits", 0);
	usage->cost_usd = jsonr_double(jsonr_get(json, "cost_usd"));
	usage->savings_usd = jsonr_double(jsonr_get(json, "savings_usd"));
}

int snapshot_read(struct fold *fold, const char *text, struct snapshot_clock *clock,
		  struct fold_inner *inner, struct err *err)
{
	struct json *doc = NULL;
	const struct json *nodes;
	size_t i;
	int rc;

	rc = jsonr_parse(text, strlen(text), &doc, NULL, NULL, err);
	if (rc < 0)
		return err_wrap(err, "snapshot");
	if (jsonr_get_int(doc, "v", 0) != SNAPSHOT_VERSION) {
		rc = err_set(err, ERR_INPUT, "a snapshot of version %lld",
			     (long long)jsonr_get_int(doc, "v", 0));
		goto out;
	}
	fold->seq = (uint64_t)jsonr_get_int(doc, "seq", 0);
	fold->turns = jsonr_get_int(doc, "turns", 0);
	fold_node_scope(fold->root)->turns = jsonr_get_int(doc, "top_turns", 0);
	fold->spent_ms = jsonr_get_int(doc, "spent_ms", 0);
	fold->resumes = jsonr_get_int(doc, "resumes", 0);
	clock->epoch = jsonr_get_int(doc, "epoch", 0);
	clock->first_ts = jsonr_get_int(doc, "first_ts", 0);
	clock->now_ts = jsonr_get_int(doc, "ts", 0);
	read_usage(&fold->usage, jsonr_get(doc, "usage"));
	nodes = jsonr_get(doc, "nodes");
	for (i = 0; rc == 0 && i < jsonr_count(nodes); i++)
		rc = read_node(fold, jsonr_at(nodes, i), inner, err);
out:
	jsonr_free(doc);
	return rc;
}

/* ---- when ---- */

static bool is_due(const struct exec *exec)
{
	size_t bytes = exec->delta_bytes;

	return exec->rows_since >= exec->engine->limits.snapshot_rows ||
	       (bytes >= SNAPSHOT_BYTES &&
		bytes / SNAPSHOT_STATE_TIMES >= exec->scope->state.bytes);
}

void snapshot_if_due(struct exec *exec)
{
	const struct snapshot_clock clock = {
		.epoch = (int64_t)exec->epoch,
		.first_ts = exec->first_ts,
		.now_ts = engine_wall_ms(exec->engine),
	};
	struct fold fold = {
		.usage = exec->usage,
		.turns = exec->turns,
		.seq = exec->seq,
		.spent_ms = exec->spent_ms,
		.resumes = exec->resumes,
	};
	struct engine_row *row;

	if (exec->giving_up || !is_due(exec) || !exec->root->ops->settled(exec->root))
		return;
	fold.root = fold_node_lent(exec->scope);
	exec->root->ops->stand(exec->root, fold.root);
	row = row_new(ROW_SNAPSHOT, "", "", 0);
	snapshot_print(&fold, &clock, &row->delta);
	fold_node_free(fold.root);
	exec_commit(exec, row, NULL);
	FAULT_OF("snapshot.taken", exec->run_id);
	exec->rows_since = 0;
	exec->delta_bytes = 0;
}
