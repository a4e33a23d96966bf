/*
 * fold.c - what a run's journal says
 *
 * A pure function of the rows: sorted by their number first, so that the order in which
 * they are read does not matter. State and usage come from the rows' deltas and usage;
 * where the run stands, its history and its turns come from the durable events, because
 * rows that were committed together may be one row (a lazy run's), while each step_start,
 * step_error and step_complete is there in the order in which it happened.
 *
 *	step_start      ANNOUNCED   turn counted
 *	step_complete   BEHIND      history; on at next_step_id
 *	..._decision    BEHIND      on at target_step_id
 *	step_error      BEHIND      history, unless it will be tried again; on as on_error
 *	                FAILED      says
 *	done            ENDED
 *
 * A step that was interrupted has no row, whatever it had done: it starts again with its
 * first attempt. Started moments of the history are those of the end less the duration.
 *
 * All rows are of the run's one path today; a row of another path is refused, not
 * guessed at.
 */
#include "engine/fold.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "run/definition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is needed while folding only. */
struct folding {
	struct fold *fold;
	const struct definition *definition;
	const struct fold_row *row; /* the one being read */
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
static const char *whole_error(struct folding *f, const struct definition_step *step,
			       const struct json *event)
{
	const char *text = jsonr_get_text(event, "error");
	const char *step_id, *message;
	struct json *doc = NULL;
	const char *ret;

	if (!text)
		text = "";
	ret = arena_dup(&f->fold->arena, text);
	if (!f->row->error ||
	    jsonr_parse(f->row->error, strlen(f->row->error), &doc, NULL, NULL, NULL) < 0)
		return ret;
	step_id = jsonr_get_text(doc, "step_id");
	message = jsonr_get_text(doc, "message");
	if (step_id && message && strcmp(step_id, step->id) == 0)
		ret = arena_dup(&f->fold->arena, message);
	jsonr_free(doc);
	return ret;
}

static void on_step_error(struct folding *f, const struct definition_step *step,
			  const struct json *event, int64_t ts)
{
	const char *name = jsonr_get_text(event, "error_class");
	enum fail_class class = name ? fail_parse(name, strlen(name)) : FAIL_NONE;
	struct fold *fold = f->fold;
	const char *error;

	if (jsonr_get(event, "retry_in_ms"))
		return; /* it was tried again, and another event says what came of it */
	if (class == FAIL_NONE)
		class = FAIL_INTERNAL;
	error = whole_error(f, step, event);
	history_add(&fold->scope->history, &fold->scope->arena, step, ts, ts, 0, class,
		    error);
	switch (step->on_error) {
	case ON_ERROR_FAIL:
		fold->at = FOLD_FAILED;
		fold->class = class;
		fold->error = error;
		return;
	case ON_ERROR_CONTINUE:
		fold->at = FOLD_BEHIND;
		fold->next_id = step->next_step_id;
		return;
	case ON_ERROR_ROUTE:
		fold->at = FOLD_BEHIND;
		fold->next_id = step->on_error_step_id;
		return;
	}
}

static void on_step_complete(struct fold *fold, const struct definition_step *step,
			     const struct json *event, int64_t ts)
{
	double sec = jsonr_double(jsonr_get(event, "duration_seconds"));
	int64_t duration_ms = sec > 0 && sec < 1e12 ? (int64_t)(sec * 1000. + .5) : 0;

	history_add(&fold->scope->history, &fold->scope->arena, step, ts - duration_ms,
		    ts, duration_ms, FAIL_NONE, NULL);
	fold->at = FOLD_BEHIND;
	fold->next_id = step->next_step_id;
}

/* Behind a step that decided: where the path went. (The first form of the event, without
 * a target, comes before step_complete.) */
static void on_decision(struct folding *f, const struct json *event)
{
	const struct definition_step *target;
	const struct json *id;
	bool found;

	id = jsonr_find(event, "target_step_id", &found);
	if (!found || f->fold->at != FOLD_BEHIND)
		return;
	target = definition_step(f->definition, jsonr_text(id));
	f->fold->next_id = target ? target->id : NULL;
}

static int step_event(struct folding *f, const char *type, const struct json *event,
		      int64_t ts, struct err *err)
{
	const char *id = jsonr_get_text(event, "orch_step_id");
	const struct definition_step *step = definition_step(f->definition, id);
	struct fold *fold = f->fold;

	if (!step)
		return err_set(err, ERR_INPUT, "%s of '%s', which is no step of it", type,
			       id ? id : "");
	fold->step = step;
	if (type[5] == 's') {
		fold->at = FOLD_ANNOUNCED;
		fold->turns++;
	} else if (type[5] == 'c') {
		on_step_complete(fold, step, event, ts);
	} else {
		on_step_error(f, step, event, ts);
	}
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

static int fold_event(struct folding *f, const struct json *pair, struct err *err)
{
	const struct json *event = jsonr_at(pair, 1);
	const char *id = jsonr_text(jsonr_at(pair, 0));
	const char *type = jsonr_get_text(event, "type");
	int64_t ts = jsonr_get_int(event, "ts", 0);
	struct fold *fold = f->fold;
	int64_t id_ms;
	uint32_t id_n;

	if (!id || !type || !fold_stream_id(id, &id_ms, &id_n))
		return err_set(err, ERR_INPUT, "events hold what is no event");
	if (jsonr_get_int(event, "seq", 0) != (int64_t)fold->seq + 1)
		return err_set(err, ERR_INPUT,
			       "event %" PRIu64 " is followed by number %" PRId64,
			       fold->seq, jsonr_get_int(event, "seq", 0));
	fold->seq++;
	if (id_ms > fold->last_id_ms ||
	    (id_ms == fold->last_id_ms && id_n > fold->last_id_n)) {
		fold->last_id_ms = id_ms;
		fold->last_id_n = id_n;
	}
	count_time(f, jsonr_get_int(event, "epoch", 0), ts);
	if (strcmp(type, "step_start") == 0 || strcmp(type, "step_complete") == 0 ||
	    strcmp(type, "step_error") == 0)
		return step_event(f, type, event, ts, err);
	if (strcmp(type, "if_decision") == 0 || strcmp(type, "switch_decision") == 0 ||
	    strcmp(type, "routing_decision") == 0) {
		on_decision(f, event);
	} else if (strcmp(type, "loop_limit_reached") == 0 && fold->at == FOLD_BEHIND) {
		const struct definition_step *step = definition_step(
			f->definition, jsonr_get_text(event, "orch_step_id"));

		fold->next_id = step ? step->next_step_id : NULL;
	} else if (strcmp(type, "done") == 0) {
		fold->at = FOLD_ENDED;
	}
	return 0;
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

static int fold_row(struct folding *f, const struct fold_row *row, struct err *err)
{
	struct fold *fold = f->fold;
	int rc = 0;

	f->row = row;
	if (row->seq != (int64_t)fold->rows + 1)
		return err_set(err, ERR_INPUT, "row %" PRIu32 " is followed by %" PRId64,
			       fold->rows, row->seq);
	fold->rows++;
	if (strcmp(row->kind, "start") != 0 && strcmp(row->kind, "step") != 0)
		return err_set(err, ERR_INPUT, "rows of kind %s are unknown here",
			       row->kind);
	if (strchr(row->path, '/'))
		return err_set(err, ERR_INPUT, "path %.100s is unknown here", row->path);
	if (row->delta)
		rc = state_apply(&fold->scope->state, row->delta, strlen(row->delta),
				 err);
	if (rc == 0 && row->usage)
		rc = add_usage(&fold->usage, row->usage, err);
	if (rc == 0 && row->events)
		rc = fold_events(f, row->events, err);
	return rc;
}

int fold_journal(struct fold *fold, const struct fold_seed *seed,
		 const struct fold_row *rows, size_t n, struct err *err)
{
	struct folding f = { .fold = fold, .definition = seed->definition };
	const struct fold_row **sorted;
	size_t i;
	int rc;

	memset(fold, 0, sizeof(*fold));
	arena_init(&fold->arena);
	fold->scope = scope_new(seed->definition, seed->state_max);
	rc = state_seed(&fold->scope->state, seed->definition, seed->message,
			seed->message_len, seed->inputs, seed->inputs_len, err);
	if (rc < 0)
		return rc;
	sorted = arena_new_n(&fold->arena, const struct fold_row *, n);
	for (i = 0; i < n; i++)
		sorted[i] = &rows[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_seq);
	for (i = 0; rc == 0 && i < n; i++) {
		rc = fold_row(&f, sorted[i], err);
		if (rc < 0)
			err_wrap(err, "journal row %" PRId64, sorted[i]->seq);
	}
	fold->spent_ms += f.last_ts - f.first_ts;
	return rc;
}

void fold_deinit(struct fold *fold)
{
	scope_free(fold->scope);
	arena_deinit(&fold->arena);
}
