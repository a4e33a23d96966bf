/*
 * page_runs.c - runs as stock's page reads them (CONTRACT 1.7, 5.3)
 *
 *	GET /api/orchestrations/runs, /logs	a bare list, the newest first
 *	GET /api/orchestrations/runs/{id}	the run as its checkpoint would have it
 *
 * Moments are those of stock's files. Counters of cached answers are 0, as there: nothing
 * counts them.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/pairs.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/map.h"
#include "base/moment.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <stdlib.h>
#include <string.h>

#define LIST_DEFAULT 20
#define LIST_MAX     200

/* Into the open object. */
static void print_run(struct jsonw *w, const struct store_run_status *run)
{
	jsonw_pair_text(w, "run_id", run->run_id);
	jsonw_pair_text(w, "orchestration_id", run->orchestration_id);
	jsonw_pair_text(w, "session_id", run->session_id);
	jsonw_pair_text(w, "status", run->status);
	jsonw_pair_text(w, "current_step_id", run->current_step_id);
	jsonw_pair_bool(w, "waiting_for_human", run->waiting_for_human);
	jsonw_pair_int(w, "total_tokens_used", run->total_tokens_used);
	jsonw_pair_double(w, "total_cost_usd", run->total_cost_usd);
	pairs_stamp(w, "started_at", run->started_at);
	pairs_stamp(w, "ended_at", run->ended_at);
}

/* -- a list -- */

static void on_list(void *arg, enum errors_code error,
		    const struct store_run_status *runs, size_t count, const char *next)
{
	struct api_call *call = arg;
	struct list_answer list;
	size_t i;

	(void)next; /* stock's list has no second page */
	if (!list_answer_begin(&list, call->req, error, NULL))
		return;
	for (i = 0; i < count; i++) {
		jsonw_object(&list.w);
		print_run(&list.w, &runs[i]);
		jsonw_object_end(&list.w);
	}
	list_answer_send(&list);
}

/* A limit beyond what there is is the nearest. */
static int nearest(int64_t limit)
{
	if (limit < 1)
		return 1;
	return limit > LIST_MAX ? LIST_MAX : (int)limit;
}

void page_runs_list(struct api_call *call)
{
	const struct list_port *lists = call->port->lists;
	struct store_run_filter filter = { .tenant_id = call->key_tenant };
	struct body_faults faults = { STR_INIT, 0 };
	int64_t limit = body_query_int(&faults, call->req, "limit", INT64_MIN, INT64_MAX,
				       LIST_DEFAULT);

	filter.limit = nearest(limit);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		lists->runs(lists->self, &filter, on_list, call);
	body_faults_deinit(&faults);
}

/* -- one -- */

struct reading {
	struct api_call *call;
	const char *state; /* JSON texts; NULL: not known yet */
	const char *history;
};

/* One execution of a step at a time: the start that is told last is the one that ends. */
static const char *key_of(struct arena *arena, const struct store_told *told)
{
	return arena_printf(arena, "%s\n%s", told->path, told->step_id);
}

static void pair_stamp(struct jsonw *w, const char *key, const char *ts)
{
	char stamp[MOMENT_MAX];

	jsonw_pair_text(w, key,
			ts ? moment_text_sec(strtoll(ts, NULL, 10), stamp) : NULL);
}

static void print_told(struct jsonw *w, const struct store_told *told,
		       const struct store_told *start)
{
	bool failed = strcmp(told->type, "step_error") == 0;

	jsonw_object(w);
	jsonw_pair_text(w, "step_id", told->step_id);
	jsonw_pair_text(w, "step_name", start ? start->step_name : told->step_name);
	jsonw_pair_text(w, "step_type", start ? start->step_type : told->step_type);
	jsonw_pair_text(w, "status", failed ? "failed" : "completed");
	pair_stamp(w, "started_at", start ? start->ts : NULL);
	pair_stamp(w, "ended_at", told->ts);
	if (failed)
		jsonw_pair_text(w, "error", told->error);
	else
		pairs_json(w, "duration_seconds", told->duration_seconds);
	jsonw_object_end(w);
}

struct start {
	const struct store_told *told;
};

/* What a run that goes on has behind it, as its events tell. */
static void print_story(struct jsonw *w, const struct port_detail *detail,
			struct arena *arena)
{
	struct map starts; /* key_of() -> struct start */
	size_t i;

	map_init(&starts);
	jsonw_key(w, "step_history");
	jsonw_array(w);
	for (i = 0; i < detail->story_count; i++) {
		const struct store_told *told = &detail->story[i];
		bool over = strcmp(told->type, "step_complete") == 0 ||
			    (strcmp(told->type, "step_error") == 0 && !told->again);
		bool begun = strcmp(told->type, "step_start") == 0;
		struct start *start;
		const char *key;

		if (!told->step_id || (!over && !begun))
			continue;
		key = key_of(arena, told);
		start = map_get(&starts, key, strlen(key));
		if (over) {
			print_told(w, told, start ? start->told : NULL);
			continue;
		}
		if (!start) {
			start = arena_new(arena, struct start);
			(void)map_put(&starts, key, strlen(key), start);
		}
		start->told = told;
	}
	map_deinit(&starts);
	jsonw_array_end(w);
}

static void print_one(struct jsonw *w, const struct reading *reading,
		      const struct port_detail *detail)
{
	const struct store_detail *row = &detail->row;
	const struct store_run_status *run = &row->run;
	const char *state = reading->state ? reading->state : row->state;

	print_run(w, run);
	pairs_json(w, "shared_state", state ? state : "{}");
	if (reading->history)
		pairs_json(w, "step_history", reading->history);
	else
		print_story(w, detail, request_arena(reading->call->req));
	jsonw_pair_text(w, "human_prompt", run->human_prompt);
	pairs_json(w, "human_fields", run->human_fields ? run->human_fields : "[]");
	jsonw_pair_text(w, "nested_run_id", NULL); /* what runs inside is in the run */
	jsonw_pair_text(w, "nested_orch_id", NULL);
	jsonw_pair_int(w, "cache_read_tokens_total", row->cache_read_tokens);
	jsonw_pair_int(w, "cache_write_tokens_total", row->cache_write_tokens);
	jsonw_pair_int(w, "cache_hit_count", 0);
	jsonw_pair_int(w, "cache_miss_count", 0);
	jsonw_pair_double(w, "estimated_savings_usd", 0.);
	/* not in stock's, which loses them */
	jsonw_pair_text(w, "final_response", run->final_response);
	pairs_json(w, "error", run->error);
}

static void on_detail(void *arg, enum errors_code error, const struct port_detail *detail)
{
	const struct reading *reading = arg;
	struct request *req = reading->call->req;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	print_one(&w, reading, detail);
	jsonw_object_end(&w);
	response_json(req, 200, &body);
}

static void on_outcome(void *arg, enum errors_code error, const char *tenant_id,
		       const struct port_result *result)
{
	struct reading *reading = arg;
	struct api_call *call = reading->call;
	const struct run_port *runs = call->port->run;
	struct arena *arena = request_arena(call->req);

	if (error == ERRORS_NONE && !api_call_sees(call, tenant_id))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	if (result && result->state)
		reading->state = arena_dup(arena, result->state);
	if (result && result->history)
		reading->history = arena_dup(arena, result->history);
	runs->detail(runs->self, call->params[0], !reading->history, on_detail, reading);
}

void page_runs_get(struct api_call *call)
{
	struct reading *reading = arena_new(request_arena(call->req), struct reading);
	const struct run_port *runs = call->port->run;

	reading->call = call;
	if (api_call_id_ok(call->params[0]))
		runs->outcome(runs->self, call->params[0], on_outcome, reading);
	else
		errors_send(call->req, ERRORS_NO_RUN, NULL);
}
