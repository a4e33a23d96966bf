/*
 * fold.c - what a run's journal says
 *
 * A pure function of the rows: sorted by their number first, so that the order in which
 * they are read does not matter. State and usage come from the rows' deltas and usage;
 * where each path of the run stands (engine/fold_node.c), its history and its turns come
 * from the durable events, because rows that were committed together may be one row (a
 * lazy run's), while each step_start, step_error and step_complete is there in the order
 * in which it happened on its path. An event names its path, but for the root's.
 *
 *	branch_start,   FRESH       of a path that begins; an inner run's with whatever
 *	loop_iteration              comes first of it (engine/fold_inner.c)
 *	step_start      ANNOUNCED   turn counted
 *	human_input_    ANNOUNCED   people were asked: the step is not executed again
 *	required
 *	step_complete   BEHIND      history; on at what follows. Branches are joined
 *	..._decision    BEHIND      on at target_step_id
 *	step_error      BEHIND      history, unless it will be tried again; on as on_error
 *	                FAILED      says
 *	done            the run has ended, unless a row of kind resume comes behind it
 *
 * A step that was interrupted has no row, whatever it had done: it starts again with its
 * first attempt. Only those that ask people or are an agent's have rows on their way, so
 * of these it is the attempt that the rows tell of: a run that waits for people is taken
 * over at each answer, and would try for ever. How far an agent has come is in the state
 * that its rows leave (engine/progress.h). Started moments of the history are those of
 * the end less the duration.
 *
 * A row's delta belongs to the scope of its path, and is applied before its events: what
 * a row brings of later steps comes behind it. Two cases wait for an event of the row's
 * own: a path that begins in it, and the row of a parallel step, whose branches are
 * joined first.
 */
#include "engine/fold.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "engine/fold_inner.h"
#include "engine/snapshot.h"
#include "run/definition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is needed while folding only. */
struct folding {
	struct fold *fold;
	struct fold_inner inner;    /* opens paths */
	const struct fold_row *row; /* the one being read */
	bool delta_waits;           /* its delta is not applied yet */
	int64_t epoch;              /* of the event before; 0: none */
	int64_t first_ts;           /* of that epoch */
	int64_t last_ts;
};

bool fold_stream_id(const char *text, int64_t *ms, uint32_t *n)
{
	const char *p = text;
	uint64_t a = 0, b = 0;
	int digits = 0;

	for (; *p >= '0' && *p <= '9' && digits < 18; p++, digits++)
		a = a * 10 + (uint64_t)(*p - '0');
	if (!digits || *p++ != '-')
		return false;
	for (digits = 0; *p >= '0' && *p <= '9' && digits < 10; p++, digits++)
		b = b * 10 + (uint64_t)(*p - '0');
	if (!digits || *p || b > UINT32_MAX)
		return false;
	*ms = (int64_t)a;
	*n = (uint32_t)b;
	return true;
}

static int by_seq(const void *a, const void *b)
{
	const struct fold_row *x = *(const struct fold_row *const *)a;
	const struct fold_row *y = *(const struct fold_row *const *)b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int read_list(const char *text, const char *what, struct json **ret,
		     struct err *err)
{
	int rc = jsonr_parse(text, strlen(text), ret, NULL, NULL, err);

	if (rc < 0)
		return err_wrap(err, "%s", what);
	if (jsonr_type(*ret) == JSONR_ARRAY)
		return 0;
	return err_set(err, ERR_INPUT, "%s is no list", what);
}

static int add_usage(struct usage *sum, const char *text, struct err *err)
{
	struct json *doc = NULL;
	size_t i;
	int rc;

	rc = read_list(text, "usage", &doc, err);
	for (i = 0; rc == 0 && i < jsonr_count(doc); i++) {
		const struct json *call = jsonr_at(doc, i);

		sum->calls += jsonr_get_int(call, "calls", 0);
		sum->input_tokens += jsonr_get_int(call, "input_tokens", 0);
		sum->output_tokens += jsonr_get_int(call, "output_tokens", 0);
		sum->cache_read_tokens += jsonr_get_int(call, "cache_read_tokens", 0);
		sum->cache_write_tokens += jsonr_get_int(call, "cache_write_tokens", 0);
		sum->cache_hits += jsonr_get_int(call, "cache_hits", 0);
		sum->cost_usd += jsonr_double(jsonr_get(call, "cost_usd"));
		sum->savings_usd += jsonr_double(jsonr_get(call, "savings_usd"));
	}
	jsonr_free(doc);
	return rc;
}

/* The whole message of a failure is in the row; the event's may have been cut. */
static const char *whole_error(struct folding *f, struct scope *scope, const char *of,
			       const struct json *event)
{
	const char *text = jsonr_get_text(event, "error");
	const char *step_id, *message;
	struct json *doc = NULL;
	const char *ret;

	if (!text)
		text = "";
	ret = arena_dup(&scope->arena, text);
	if (!f->row->error ||
	    jsonr_parse(f->row->error, strlen(f->row->error), &doc, NULL, NULL, NULL) < 0)
		return ret;
	step_id = jsonr_get_text(doc, "step_id");
	message = jsonr_get_text(doc, "message");
	if (message && (of ? step_id && strcmp(step_id, of) == 0 : !step_id))
		ret = arena_dup(&scope->arena, message);
	jsonr_free(doc);
	return ret;
}

static const struct definition *definition_of(const struct fold_node *node)
{
	return fold_node_scope(node)->definition;
}

static void add_history(struct fold_node *node, int64_t ts, int64_t duration_ms,
			enum fail_class class, const char *error)
{
	struct scope *scope = fold_node_scope(node);

	history_add(&scope->history, &scope->arena, node->step, ts - duration_ms, ts,
		    duration_ms, class, error);
	if (node->visits)
		node->visits[node->step->index]++;
}

static void go_behind(struct fold_node *node, const char *next_id)
{
	fold_node_close_children(node);
	node->at = FOLD_BEHIND;
	node->next_id = next_id;
}

static void fail(struct fold_node *node, enum fail_class class, const char *error)
{
	node->at = FOLD_FAILED;
	node->class = class;
	node->error = error;
}

/* Branches that do not fit are why the step failed: the engine did not join them. */
static void join_completed(struct fold_node *node)
{
	struct err ignored;

	(void)fold_node_join(node, &ignored);
}

static void on_step_error(struct folding *f, struct fold_node *node,
			  const struct json *event, int64_t ts)
{
	const char *name = jsonr_get_text(event, "error_class");
	enum fail_class class = name ? fail_parse(name, strlen(name)) : FAIL_NONE;
	const struct definition_step *step = node->step;
	const char *error;

	if (step->type == STEP_AGENT)
		fold_node_close_children(node);
	if (jsonr_get(event, "retry_in_ms")) {
		/* it was tried again, and another event says what came of it */
		node->attempt = (int)jsonr_get_int(event, "attempt", 0) + 1;
		node->asked = false;
		return;
	}
	if (class == FAIL_NONE)
		class = FAIL_INTERNAL;
	error = whole_error(f, fold_node_scope(node), step->id, event);
	if (step->on_error != ON_ERROR_FAIL)
		join_completed(node);
	add_history(node, ts, 0, class, error);
	switch (step->on_error) {
	case ON_ERROR_FAIL: /* its branches stay: what they have may be gone on with */
		fail(node, class, error);
		return;
	case ON_ERROR_CONTINUE:
		go_behind(node, course_behind(&node->course, node->place, step));
		return;
	case ON_ERROR_ROUTE:
		go_behind(node, step->on_error_step_id);
		return;
	}
}

static int on_step_complete(struct fold_node *node, const struct json *event, int64_t ts,
			    struct err *err)
{
	double sec = jsonr_double(jsonr_get(event, "duration_seconds"));
	int64_t duration_ms = sec > 0 && sec < 1e12 ? (int64_t)(sec * 1000. + .5) : 0;
	int rc;

	rc = fold_node_join(node, err);
	if (rc < 0)
		return rc;
	add_history(node, ts, duration_ms, FAIL_NONE, NULL);
	go_behind(node, course_behind(&node->course, node->place, node->step));
	return 0;
}

/* Behind a step that decided: where the path went. (The first form of the event, without
 * a target, comes before step_complete.) */
static void on_decision(struct fold_node *node, const struct json *event)
{
	const struct definition_step *target;
	const struct json *id;
	bool found;

	id = jsonr_find(event, "target_step_id", &found);
	if (!found || node->at != FOLD_BEHIND)
		return;
	target = definition_step(definition_of(node), jsonr_text(id));
	node->next_id = target ? target->id : NULL;
}

/* It is passed over for the one behind it. */
static void on_limit(struct fold_node *node, const struct json *event)
{
	const struct definition_step *step = definition_step(
		definition_of(node), jsonr_get_text(event, "orch_step_id"));

	if (node->at != FOLD_BEHIND)
		return;
	if (step)
		node->place = course_place(&node->course, node->place, step->id);
	node->next_id = step ? course_behind(&node->course, node->place, step) : NULL;
}

static void on_step_start(struct folding *f, struct fold_node *node,
			  const struct definition_step *step)
{
	fold_node_close_children(node);
	node->at = FOLD_ANNOUNCED;
	node->asked = false;
	node->attempt = 0;
	node->step = step;
	node->place = course_place(&node->course, node->place, step->id);
	f->fold->turns++;
	fold_node_scope(node)->turns += !node->course.of;
}

static int step_event(struct folding *f, struct fold_node *node, const char *type,
		      const struct json *event, int64_t ts, struct err *err)
{
	const char *id = jsonr_get_text(event, "orch_step_id");
	const struct definition_step *step = definition_step(definition_of(node), id);

	if (!step)
		return err_set(err, ERR_INPUT, "%s of '%s', which is no step of it", type,
			       id ? id : "");
	if (type[5] == 's') {
		on_step_start(f, node, step);
		return 0;
	}
	if (node->at != FOLD_ANNOUNCED || node->step != step)
		return err_set(err, ERR_INPUT, "%s of '%s', which was not started", type,
			       id);
	if (type[5] == 'c')
		return on_step_complete(node, event, ts, err);
	on_step_error(f, node, event, ts);
	return 0;
}

/* A path that no step is to blame for: its steps or turns are used up. */
static void on_refused(struct folding *f, struct fold_node *node,
		       const struct json *event)
{
	struct json *doc = NULL;
	const char *name = NULL;
	enum fail_class class;

	if (!node->parent)
		return; /* `done` is in the same row */
	if (f->row->error && jsonr_parse(f->row->error, strlen(f->row->error), &doc, NULL,
					 NULL, NULL) == 0)
		name = jsonr_get_text(doc, "class");
	class = name ? fail_parse(name, strlen(name)) : FAIL_NONE;
	fail(node, class == FAIL_NONE ? FAIL_LIMIT : class,
	     whole_error(f, fold_node_scope(node), NULL, event));
	jsonr_free(doc);
}

static bool is_one_of(const char *type, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(type, *names) == 0)
			return true;
	return false;
}

static int event_on_path(struct folding *f, struct fold_node *node, const char *type,
			 const struct json *event, int64_t ts, struct err *err)
{
	static const char *const steps[] = { "step_start", "step_complete", "step_error",
					     NULL };
	static const char *const decisions[] = { "if_decision", "switch_decision",
						 "routing_decision", "human_timeout",
						 NULL };

	if (is_one_of(type, steps))
		return step_event(f, node, type, event, ts, err);
	if (is_one_of(type, decisions))
		on_decision(node, event);
	else if (strcmp(type, "loop_limit_reached") == 0)
		on_limit(node, event);
	else if (strcmp(type, "human_input_required") == 0)
		node->asked = true;
	else if (strcmp(type, "orchestration_error") == 0)
		on_refused(f, node, event);
	else if (strcmp(type, "done") == 0)
		f->fold->ended = true;
	return 0;
}

static void count_time(struct folding *f, int64_t epoch, int64_t ts)
{
	if (epoch != f->epoch) {
		f->fold->spent_ms += f->last_ts - f->first_ts;
		f->epoch = epoch;
		f->first_ts = f->last_ts = ts;
	}
	if (ts > f->last_ts) /* a clock that goes back counts nothing */
		f->last_ts = ts;
}

static void count_id(struct fold *fold, int64_t ms, uint32_t n)
{
	if (ms < fold->last_id_ms || (ms == fold->last_id_ms && n <= fold->last_id_n))
		return;
	fold->last_id_ms = ms;
	fold->last_id_n = n;
}

static int apply_delta(struct folding *f, struct fold_node *node, struct err *err)
{
	f->delta_waits = false;
	return state_apply(&fold_node_scope(node)->state, f->row->delta,
			   strlen(f->row->delta), err);
}

/* The path that the row's delta belongs to; NULL: nothing began it yet. */
static struct fold_node *node_of_row(struct folding *f)
{
	return fold_node_find(f->fold->root, f->row->path,
			      strcmp(f->row->kind, "start") == 0);
}

static bool is_join(const struct fold_row *row)
{
	return strcmp(row->kind, "join") == 0;
}

/* Whether what the delta waits for has come. */
static int late_delta(struct folding *f, struct err *err)
{
	struct fold_node *node;

	if (!f->delta_waits)
		return 0;
	node = node_of_row(f);
	if (!node || (is_join(f->row) && node->at == FOLD_ANNOUNCED))
		return 0;
	return apply_delta(f, node, err);
}

static int fold_event(struct folding *f, const struct json *pair, struct err *err)
{
	const struct json *event = jsonr_at(pair, 1);
	const char *id = jsonr_text(jsonr_at(pair, 0));
	const char *type = jsonr_get_text(event, "type");
	int64_t ts = jsonr_get_int(event, "ts", 0);
	struct fold *fold = f->fold;
	struct fold_node *node;
	const char *path;
	int64_t id_ms;
	uint32_t id_n;
	int rc;

	if (!id || !type || !fold_stream_id(id, &id_ms, &id_n))
		return err_set(err, ERR_INPUT, "events hold what is no event");
	if (jsonr_get_int(event, "seq", 0) != (int64_t)fold->seq + 1)
		return err_set(err, ERR_INPUT,
			       "event %" PRIu64 " is followed by number %" PRId64,
			       fold->seq, jsonr_get_int(event, "seq", 0));
	fold->seq++;
	count_id(fold, id_ms, id_n);
	count_time(f, jsonr_get_int(event, "epoch", 0), ts);
	path = jsonr_get_text(event, "path");
	f->inner.rc = 0;
	node = fold_node_reach(fold->root, path ? path : "", fold_inner_open, &f->inner);
	if (!node && f->inner.rc < 0) {
		*err = f->inner.err;
		return f->inner.rc;
	}
	if (!node)
		return err_set(err, ERR_INPUT, "%s on path %.200s, which nothing began",
			       type, path);
	rc = event_on_path(f, node, type, event, ts, err);
	return rc < 0 ? rc : late_delta(f, err);
}

static int fold_events(struct folding *f, const char *text, struct err *err)
{
	struct json *doc = NULL;
	size_t i;
	int rc;

	rc = read_list(text, "events", &doc, err);
	for (i = 0; rc == 0 && i < jsonr_count(doc); i++)
		rc = fold_event(f, jsonr_at(doc, i), err);
	jsonr_free(doc);
	return rc;
}

/*
 * Somebody wants it to go on although it failed (store/sql/run_resume.sql): with what
 * failed, or at a step of his choice, with the whole time and all turns before it.
 */
static int reopen(struct folding *f, struct err *err)
{
	struct fold *fold = f->fold;
	struct fold_node *root = fold->root;
	const struct definition_step *step;
	struct json *doc = NULL;
	const char *id = NULL;
	int rc = 0;

	if (f->row->delta && jsonr_parse(f->row->delta, strlen(f->row->delta), &doc, NULL,
					 NULL, NULL) == 0)
		id = jsonr_get_text(doc, "from_step");
	step = definition_step(definition_of(root), id);
	if (id && !step) {
		rc = err_set(err, ERR_INPUT, "step '%s' does not exist", id);
	} else {
		if (step)
			fold_node_close_children(root);
		fold_node_reopen(root);
		if (step) {
			root->at = FOLD_AGAIN;
			root->step = step;
		}
	}
	fold->ended = false;
	fold->turns = 0;
	fold->spent_ms = 0;
	fold->resumes++;
	f->epoch = f->first_ts = f->last_ts = 0;
	jsonr_free(doc);
	return rc;
}

static bool is_known(const char *kind)
{
	static const char *const kinds[] = { "turn",   "start", "step", "join",
					     "answer", "wait",  NULL };

	return is_one_of(kind, kinds);
}

/* What ran inside the turn before is over, and what is to run in this one begins behind
 * the row. */
static void end_turn(struct folding *f)
{
	struct fold_node *node = node_of_row(f);

	if (node)
		fold_node_close_children(node);
}

static int fold_row(struct folding *f, const struct fold_row *row, struct err *err)
{
	struct fold *fold = f->fold;
	int rc = 0;

	f->row = row;
	if (row->seq != (int64_t)fold->rows + 1)
		return err_set(err, ERR_INPUT, "row %" PRIu32 " is followed by %" PRId64,
			       fold->rows, row->seq);
	fold->rows++;
	fold->rows_since++;
	if (strcmp(row->kind, "resume") == 0)
		return reopen(f, err);
	if (strcmp(row->kind, "snapshot") == 0) {
		fold->rows_since = 0;
		return 0; /* all that it says was folded */
	}
	if (!is_known(row->kind))
		return err_set(err, ERR_INPUT, "rows of kind %s are unknown here",
			       row->kind);
	f->delta_waits = row->delta != NULL;
	if (f->delta_waits && !is_join(row))
		rc = late_delta(f, err);
	if (rc == 0 && strcmp(row->kind, "turn") == 0)
		end_turn(f);
	if (rc == 0 && row->usage)
		rc = add_usage(&fold->usage, row->usage, err);
	if (rc == 0 && row->events)
		rc = fold_events(f, row->events, err);
	if (rc == 0 && f->delta_waits)
		rc = err_set(err, ERR_INPUT, "path %.200s, which nothing began",
			     row->path);
	return rc;
}

/* Rows in the order of their numbers; in the arena. */
static const struct fold_row **sort(struct arena *arena, const struct fold_row *rows,
				    size_t n)
{
	const struct fold_row **sorted = arena_new_n(arena, const struct fold_row *, n);
	size_t i;

	for (i = 0; i < n; i++)
		sorted[i] = &rows[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_seq);
	return sorted;
}

/* How many rows a snapshot stands for: it is the last of them. 0: the journal begins. */
static size_t begins_at(const struct fold_row *const *rows, size_t n)
{
	size_t i;

	for (i = n; n && rows[0]->seq > 1 && i > 0; i--)
		if (strcmp(rows[i - 1]->kind, "snapshot") == 0)
			return i;
	return 0;
}

static void count_ids(struct fold *fold, const char *events)
{
	struct json *doc = NULL;
	int64_t ms;
	uint32_t n;
	size_t i;

	if (!events || jsonr_parse(events, strlen(events), &doc, NULL, NULL, NULL) < 0)
		return; /* ids are for the stream, which has them already */
	for (i = 0; i < jsonr_count(doc); i++) {
		const char *id = jsonr_text(jsonr_at(jsonr_at(doc, i), 0));

		if (id && fold_stream_id(id, &ms, &n))
			count_id(fold, ms, n);
	}
	jsonr_free(doc);
}

/* From a snapshot on; of the rows before only the ids of their events count. */
static int begin_at(struct folding *f, const struct fold_row *const *rows, size_t n,
		    struct err *err)
{
	const struct fold_row *row = rows[n - 1];
	struct snapshot_clock clock;
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		count_ids(f->fold, rows[i]->events);
	f->inner.fresh = false;
	rc = snapshot_read(f->fold, row->delta ? row->delta : "", &clock, &f->inner, err);
	f->inner.fresh = true;
	if (rc < 0)
		return err_wrap(err, "journal row %" PRId64, row->seq);
	f->fold->rows = (uint32_t)row->seq;
	f->epoch = clock.epoch;
	f->first_ts = clock.first_ts;
	f->last_ts = clock.now_ts > clock.first_ts ? clock.now_ts : clock.first_ts;
	return 0;
}

int fold_journal(struct fold *fold, const struct fold_seed *seed,
		 const struct fold_row *rows, size_t n, struct err *err)
{
	struct folding f = { .fold = fold, .inner = { fold, seed, .fresh = true } };
	const struct fold_row **sorted;
	struct scope *scope;
	size_t from, i;
	int rc;

	memset(fold, 0, sizeof(*fold));
	arena_init(&fold->arena);
	scope = scope_new(seed->definition, seed->state_max);
	fold->root = fold_node_new(scope);
	sorted = sort(&fold->arena, rows, n);
	from = begins_at(sorted, n);
	if (from)
		rc = begin_at(&f, sorted, from, err);
	else
		rc = state_seed(&scope->state, seed->definition, seed->message,
				seed->message_len, seed->inputs, seed->inputs_len, err);
	for (i = from; rc == 0 && i < n; i++) {
		rc = fold_row(&f, sorted[i], err);
		if (rc < 0)
			err_wrap(err, "journal row %" PRId64, sorted[i]->seq);
	}
	fold->spent_ms += f.last_ts - f.first_ts;
	return rc;
}

void fold_deinit(struct fold *fold)
{
	fold_node_free(fold->root);
	arena_deinit(&fold->arena);
}
