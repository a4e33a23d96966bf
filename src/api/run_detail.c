/*
 * run_detail.c - GET /api/v2/runs/{id}: all that is known of one run
 *
 * The row, and what its journal tells: steps with their attempts, usage and effects, who
 * executed it, what people were asked. Each list has a bound; `truncated` says which one
 * was met (the journal itself has pages: .../steps, .../events).
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/pairs.h"
#include "api/run_pairs.h"
#include "api/run_story.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_detail.h"

#define STORY_MAX 2000
#define ROWS_MAX  1000

struct detail {
	struct api_call *call;
	int run, story, usage, effects, waits;
};

static void print_row(struct jsonw *w, const struct store_detail *detail)
{
	const struct store_run_status *run = &detail->run;

	run_pairs_print(w, run);
	run_pairs_more(w, run);
	jsonw_pair_text(w, "human_prompt", run->human_prompt);
	pairs_json(w, "human_fields", run->human_fields);
	jsonw_pair_text(w, "input", detail->input);
	pairs_json(w, "inputs", detail->inputs);
	pairs_json(w, "state", detail->state);
	jsonw_pair_text(w, "final_response", run->final_response);
	pairs_json(w, "error", run->error);
	jsonw_pair_int(w, "definition_version", run->definition_version);
	jsonw_pair_int(w, "wake", run->wake);
	jsonw_pair_int(w, "epoch", run->epoch);
	jsonw_pair_text(w, "owner", detail->owner);
	jsonw_pair_text(w, "lane", detail->lane);
	jsonw_pair_text(w, "cause", detail->cause);
	jsonw_pair_int(w, "crashes", detail->crashes);
	jsonw_pair_int(w, "requeues", detail->requeues);
	jsonw_pair_int(w, "cache_read_tokens", detail->cache_read_tokens);
	jsonw_pair_int(w, "cache_write_tokens", detail->cache_write_tokens);
	jsonw_pair_text(w, "webhook_url", detail->webhook_url);
	jsonw_pair_text(w, "idempotency_key", detail->idempotency_key);
	jsonw_pair_text(w, "parent_run_id", detail->parent_run_id);
	jsonw_pair_text(w, "trace_id", detail->trace_id);
	pairs_moment(w, "deadline_at", detail->deadline_at);
	pairs_moment(w, "ready_at", detail->ready_at);
	pairs_moment(w, "updated_at", detail->updated_at);
}

static void print_usage(struct jsonw *w, const struct pg_reply *reply, int at, int n)
{
	struct store_step row;
	int i;

	jsonw_key(w, "usage");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		store_detail_usage_read(reply, at, i, &row);
		jsonw_object(w);
		jsonw_pair_int(w, "seq", row.seq);
		jsonw_pair_text(w, "path", row.path);
		jsonw_pair_text(w, "step_id", row.step_id);
		jsonw_pair_int(w, "execution", row.execution);
		pairs_json(w, "calls", row.usage);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void print_effects(struct jsonw *w, const struct pg_reply *reply, int at, int n)
{
	struct store_step row;
	int i;

	jsonw_key(w, "effects");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		store_detail_effects_read(reply, at, i, &row);
		jsonw_object(w);
		jsonw_pair_int(w, "seq", row.seq);
		jsonw_pair_text(w, "path", row.path);
		jsonw_pair_text(w, "step_id", row.step_id);
		jsonw_pair_int(w, "execution", row.execution);
		pairs_json(w, "effect", row.delta);
		pairs_json(w, "error", row.error);
		pairs_moment(w, "at", row.at);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void print_waits(struct jsonw *w, const struct pg_reply *reply, int at, int n)
{
	struct store_asked row;
	int i;

	jsonw_key(w, "waits");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		store_detail_waits_read(reply, at, i, &row);
		jsonw_object(w);
		jsonw_pair_text(w, "path", row.path);
		jsonw_pair_text(w, "step_id", row.step_id);
		jsonw_pair_int(w, "execution", row.execution);
		jsonw_pair_text(w, "state", row.state);
		jsonw_pair_text(w, "prompt", row.prompt);
		pairs_json(w, "fields", row.fields);
		pairs_json(w, "answer", row.answer);
		pairs_moment(w, "opened_at", row.opened_at);
		pairs_moment(w, "deadline_at", row.deadline_at);
		pairs_moment(w, "answered_at", row.answered_at);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static int bounded(int n, int max, struct jsonw *w, const char *name)
{
	if (n > max)
		jsonw_text(w, name);
	return n > max ? max : n;
}

static void answer(struct detail *detail, const struct pg_reply *reply,
		   const struct store_detail *row)
{
	struct request *req = detail->call->req;
	struct str body = STR_INIT;
	int story, usage, effects, waits;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	print_row(&w, row);
	jsonw_key(&w, "truncated");
	jsonw_array(&w);
	story = bounded(store_detail_count(reply, detail->story), STORY_MAX, &w, "steps");
	usage = bounded(store_detail_count(reply, detail->usage), ROWS_MAX, &w, "usage");
	effects = bounded(store_detail_count(reply, detail->effects), ROWS_MAX, &w,
			  "effects");
	waits = bounded(store_detail_count(reply, detail->waits), ROWS_MAX, &w, "waits");
	jsonw_array_end(&w);
	run_story_print(&w, request_arena(req), reply, detail->story, story,
			row->run.ended_at != NULL);
	print_usage(&w, reply, detail->usage, usage);
	print_effects(&w, reply, detail->effects, effects);
	print_waits(&w, reply, detail->waits, waits);
	jsonw_object_end(&w);
	response_json(req, 200, &body);
}

static void on_rows(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct detail *detail = arg;
	struct store_detail row;

	if (error == ERRORS_NONE && (!store_detail_run_read(reply, detail->run, &row) ||
				     !api_call_sees(detail->call, row.run.tenant_id)))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE)
		answer(detail, reply, &row);
	else
		errors_send(detail->call->req, error, NULL);
}

void run_detail_get(struct api_call *call)
{
	const char *run_id = call->params[0];
	struct detail *detail;
	struct pg_batch *batch;

	if (!api_call_id_ok(run_id)) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	if (!manage_of(call))
		return;
	detail = arena_new(request_arena(call->req), struct detail);
	batch = pg_batch_new();
	detail->call = call;
	detail->run = store_detail_run(batch, run_id);
	detail->story = store_detail_story(batch, run_id, STORY_MAX + 1);
	detail->usage = store_detail_usage(batch, run_id, ROWS_MAX + 1);
	detail->effects = store_detail_effects(batch, run_id, ROWS_MAX + 1);
	detail->waits = store_detail_waits(batch, run_id, ROWS_MAX + 1);
	manage_read(call, batch, on_rows, detail);
}
