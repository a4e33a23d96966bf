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
#include "api/pairs.h"
#include "api/run_pairs.h"
#include "api/run_story.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_detail.h"

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

static void print_usage(struct jsonw *w, const struct store_step *rows, size_t n)
{
	size_t i;

	jsonw_key(w, "usage");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		jsonw_object(w);
		jsonw_pair_int(w, "seq", rows[i].seq);
		jsonw_pair_text(w, "path", rows[i].path);
		jsonw_pair_text(w, "step_id", rows[i].step_id);
		jsonw_pair_int(w, "execution", rows[i].execution);
		pairs_json(w, "calls", rows[i].usage);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void print_effects(struct jsonw *w, const struct store_step *rows, size_t n)
{
	size_t i;

	jsonw_key(w, "effects");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		jsonw_object(w);
		jsonw_pair_int(w, "seq", rows[i].seq);
		jsonw_pair_text(w, "path", rows[i].path);
		jsonw_pair_text(w, "step_id", rows[i].step_id);
		jsonw_pair_int(w, "execution", rows[i].execution);
		pairs_json(w, "effect", rows[i].delta);
		pairs_json(w, "error", rows[i].error);
		pairs_moment(w, "at", rows[i].at);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void print_waits(struct jsonw *w, const struct store_asked *rows, size_t n)
{
	size_t i;

	jsonw_key(w, "waits");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		jsonw_object(w);
		jsonw_pair_text(w, "path", rows[i].path);
		jsonw_pair_text(w, "step_id", rows[i].step_id);
		jsonw_pair_int(w, "execution", rows[i].execution);
		jsonw_pair_text(w, "state", rows[i].state);
		jsonw_pair_text(w, "prompt", rows[i].prompt);
		pairs_json(w, "fields", rows[i].fields);
		pairs_json(w, "answer", rows[i].answer);
		pairs_moment(w, "opened_at", rows[i].opened_at);
		pairs_moment(w, "deadline_at", rows[i].deadline_at);
		pairs_moment(w, "answered_at", rows[i].answered_at);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static size_t bounded(size_t n, size_t max, struct jsonw *w, const char *name)
{
	if (n > max)
		jsonw_text(w, name);
	return n > max ? max : n;
}

static void answer(struct request *req, const struct port_detail *detail)
{
	size_t story, usage, effects, waits;
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	print_row(&w, &detail->row);
	jsonw_key(&w, "truncated");
	jsonw_array(&w);
	story = bounded(detail->story_count, PORT_STORY_MAX, &w, "steps");
	usage = bounded(detail->usage_count, PORT_ROWS_MAX, &w, "usage");
	effects = bounded(detail->effects_count, PORT_ROWS_MAX, &w, "effects");
	waits = bounded(detail->waits_count, PORT_ROWS_MAX, &w, "waits");
	jsonw_array_end(&w);
	run_story_print(&w, request_arena(req), detail->story, (int)story,
			detail->row.run.ended_at != NULL);
	print_usage(&w, detail->usage, usage);
	print_effects(&w, detail->effects, effects);
	print_waits(&w, detail->waits, waits);
	jsonw_object_end(&w);
	response_json(req, 200, &body);
}

static void on_detail(void *arg, enum errors_code error, const struct port_detail *detail)
{
	struct api_call *call = arg;

	if (error == ERRORS_NONE && !api_call_sees(call, detail->row.run.tenant_id))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE)
		answer(call->req, detail);
	else
		errors_send(call->req, error, NULL);
}

void run_detail_get(struct api_call *call)
{
	const char *run_id = call->params[0];

	if (api_call_id_ok(run_id))
		call->port->run->detail(call->port->run->self, run_id, true, on_detail,
					call);
	else
		errors_send(call->req, ERRORS_NO_RUN, NULL);
}
