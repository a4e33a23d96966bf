/*
 * schedules_route.c - /api/v2/schedules: what is to be started again and again
 *
 * Rows; the lead clerk does the rest (clerk/schedules.c). A schedule of another tenant
 * than the key's is not found.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/manage.h"
#include "api/pairs.h"
#include "api/query.h"
#include "api/runs_port.h"
#include "api/schedule_body.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/moment.h"
#include "base/str.h"
#include "base/zone.h"
#include "pg/pg_batch.h"
#include "run/cron.h"
#include "run/fires.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_schedules.h"

#include <stdio.h>
#include <string.h>

#define FIRES_SHOWN 50

struct asked {
	struct api_call *call;
	struct store_schedule put;
	int statement, fires;
	int limit;
	bool pause;                  /* else resume */
	int64_t from_sec, until_sec; /* of a backfill */
	size_t count;
};

static struct asked *asked_new(struct api_call *call)
{
	struct asked *asked;

	if (!manage_of(call))
		return NULL;
	asked = arena_new(request_arena(call->req), struct asked);
	asked->call = call;
	return asked;
}

static void print(struct jsonw *w, const struct store_schedule *schedule)
{
	jsonw_pair_text(w, "id", schedule->id);
	jsonw_pair_text(w, "tenant_id", schedule->tenant_id);
	jsonw_pair_text(w, "orchestration_id", schedule->orchestration_id);
	jsonw_pair_text(w, "cron", schedule->cron);
	jsonw_pair_text(w, "zone", schedule->zone);
	pairs_json(w, "run", schedule->body);
	jsonw_pair_text(w, "missed", schedule->missed);
	jsonw_pair_int(w, "missed_max", schedule->missed_max);
	jsonw_pair_text(w, "overlap", schedule->overlap);
	jsonw_pair_bool(w, "paused", schedule->paused);
	pairs_moment(w, "next_at", schedule->next_at);
	jsonw_pair_int(w, "version", schedule->version);
	pairs_moment(w, "created_at", schedule->created_at);
	pairs_moment(w, "updated_at", schedule->updated_at);
}

/* -- list, get -- */

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;
	struct store_schedule row = { .id = NULL };
	struct list_answer list;
	int n, i;

	if (!list_answer_begin(&list, asked->call->req, error, "schedules"))
		return;
	n = store_schedules_count(reply, asked->statement);
	for (i = 0; i < n && i < asked->limit; i++) {
		store_schedules_read(reply, asked->statement, i, &row);
		jsonw_object(&list.w);
		print(&list.w, &row);
		jsonw_object_end(&list.w);
	}
	list_answer_send_page(&list, n > asked->limit ? row.id : NULL);
}

void schedules_route_list(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	struct asked *asked = asked_new(call);
	struct pg_batch *batch;

	if (!asked)
		return;
	asked->limit = query_limit(&faults, call->req);
	if (faults.count > 0) {
		body_faults_send(call->req, &faults);
	} else {
		batch = pg_batch_new();
		asked->statement = store_schedules_list(batch, call->key_tenant, NULL,
							request_query(call->req, "after"),
							asked->limit + 1);
		manage_read(call, batch, on_list, asked);
	}
	body_faults_deinit(&faults);
}

static void print_fires(struct jsonw *w, const struct pg_reply *reply, int at)
{
	int n = store_schedules_count(reply, at), i;
	struct store_fire fire;

	jsonw_key(w, "fires");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		store_schedules_fires_read(reply, at, i, &fire);
		jsonw_object(w);
		pairs_moment(w, "due_at", fire.due_at);
		jsonw_pair_text(w, "state", fire.state);
		jsonw_pair_text(w, "run_id", fire.run_id);
		jsonw_pair_text(w, "detail", fire.detail);
		pairs_moment(w, "fired_at", fire.fired_at);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void on_one(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;
	struct store_schedule row;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error == ERRORS_NONE && !store_schedules_count(reply, asked->statement))
		error = ERRORS_NO_SCHEDULE;
	if (error != ERRORS_NONE) {
		errors_send(asked->call->req, error, NULL);
		return;
	}
	store_schedules_read(reply, asked->statement, 0, &row);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	print(&w, &row);
	print_fires(&w, reply, asked->fires);
	jsonw_object_end(&w);
	response_json(asked->call->req, 200, &body);
}

/* Ask for the one that the path names. */
static void read_one(struct asked *asked, pg_read_cb cb)
{
	struct api_call *call = asked->call;
	struct pg_batch *batch;

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_SCHEDULE, NULL);
		return;
	}
	batch = pg_batch_new();
	asked->statement =
		store_schedules_list(batch, call->key_tenant, call->params[0], NULL, 1);
	asked->fires = store_schedules_fires(batch, call->params[0], FIRES_SHOWN);
	manage_read(call, batch, cb, asked);
}

void schedules_route_get(struct api_call *call)
{
	struct asked *asked = asked_new(call);

	if (asked)
		read_one(asked, on_one);
}

/* -- make, replace -- */

static void send_put(struct asked *asked, int status)
{
	struct str body = STR_INIT;
	char stamp[MOMENT_MAX];
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", asked->put.id);
	jsonw_pair_text(&w, "status", "saved");
	jsonw_pair_text(&w, "next_at",
			asked->put.next_sec >= 0
				? moment_text(asked->put.next_sec * 1000, stamp)
				: NULL);
	jsonw_object_end(&w);
	response_json(asked->call->req, status, &body);
}

static void on_made(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;

	if (error == ERRORS_NONE && !store_schedules_changed(reply, asked->statement))
		error = ERRORS_SCHEDULE_EXISTS;
	if (error != ERRORS_NONE)
		errors_send(asked->call->req, error, NULL);
	else
		send_put(asked, 201);
}

static void on_replaced(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;

	if (error == ERRORS_NONE && !store_schedules_changed(reply, asked->statement))
		error = ERRORS_NO_SCHEDULE; /* another tenant has it */
	if (error != ERRORS_NONE)
		errors_send(asked->call->req, error, NULL);
	else
		send_put(asked, 200);
}

static void put(struct asked *asked, bool only_new)
{
	struct api_call *call = asked->call;
	struct pg_batch *batch = pg_batch_new();

	asked->statement = store_schedules_put(batch, &asked->put, only_new);
	manage_read(call, batch, only_new ? on_made : on_replaced, asked);
}

static void on_checked(void *arg, enum errors_code error, const char *detail)
{
	struct asked *asked = arg;
	bool only_new = !asked->call->params[0];

	if (error != ERRORS_NONE)
		errors_send(asked->call->req, error, detail);
	else
		put(asked, only_new);
}

static void save(struct api_call *call, const char *id)
{
	struct body_faults faults = { STR_INIT, 0 };
	struct asked *asked = asked_new(call);

	if (!asked)
		return;
	schedule_body_read(&faults, call, &asked->put);
	if (id)
		asked->put.id = id;
	else if (!asked->put.id)
		asked->put.id = ids_uuid(arena_alloc(request_arena(call->req), IDS_MAX));
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (!asked->put.tenant_id)
		errors_send(call->req, ERRORS_TENANT, NULL);
	else
		call->port->intake->check(call->port->intake->self,
					  asked->put.orchestration_id, on_checked, asked);
	body_faults_deinit(&faults);
}

void schedules_route_make(struct api_call *call)
{
	save(call, NULL);
}

void schedules_route_put(struct api_call *call)
{
	if (api_call_id_ok(call->params[0]))
		save(call, call->params[0]);
	else
		errors_send(call->req, ERRORS_NO_SCHEDULE, NULL);
}

/* -- delete, pause, resume -- */

static void send_done(struct asked *asked, const char *word)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", asked->call->params[0]);
	jsonw_pair_text(&w, "status", word);
	jsonw_object_end(&w);
	response_json(asked->call->req, 200, &body);
}

static void on_deleted(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;

	if (error == ERRORS_NONE && !store_schedules_changed(reply, asked->statement))
		error = ERRORS_NO_SCHEDULE;
	if (error != ERRORS_NONE)
		errors_send(asked->call->req, error, NULL);
	else
		send_done(asked, "deleted");
}

void schedules_route_delete(struct api_call *call)
{
	struct asked *asked = asked_new(call);
	struct pg_batch *batch;

	if (!asked)
		return;
	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_SCHEDULE, NULL);
		return;
	}
	batch = pg_batch_new();
	asked->statement =
		store_schedules_delete(batch, call->params[0], call->key_tenant);
	manage_read(call, batch, on_deleted, asked);
}

static void on_paused(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;

	if (error == ERRORS_NONE && !store_schedules_changed(reply, asked->statement))
		error = ERRORS_BUSY; /* somebody else has changed it at the same time */
	if (error != ERRORS_NONE)
		errors_send(asked->call->req, error, NULL);
	else
		send_done(asked, asked->pause ? "paused" : "resumed");
}

/* What it missed while it was paused is not made up for. */
static void on_to_pause(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;
	struct store_schedule row;
	struct pg_batch *batch;
	int64_t next_sec = -1;
	struct cron cron;
	struct err err;

	if (error == ERRORS_NONE && !store_schedules_count(reply, asked->statement))
		error = ERRORS_NO_SCHEDULE;
	if (error != ERRORS_NONE) {
		errors_send(asked->call->req, error, NULL);
		return;
	}
	store_schedules_read(reply, asked->statement, 0, &row);
	if (!asked->pause && cron_parse(row.cron, &cron, &err) == 0 && zone_ok(row.zone))
		next_sec = cron_next(&cron, row.zone, row.now_sec);
	batch = pg_batch_new();
	asked->statement = store_schedules_pause(batch, asked->call->params[0],
						 row.version, asked->pause, next_sec);
	manage_read(asked->call, batch, on_paused, asked);
}

static void change_pause(struct api_call *call, bool pause)
{
	struct asked *asked = asked_new(call);

	if (!asked)
		return;
	asked->pause = pause;
	read_one(asked, on_to_pause);
}

void schedules_route_pause(struct api_call *call)
{
	change_pause(call, true);
}

void schedules_route_resume(struct api_call *call)
{
	change_pause(call, false);
}

/* -- backfill -- */

static void on_backfilled(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(asked->call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", asked->call->params[0]);
	jsonw_pair_int(&w, "moments", (int64_t)asked->count);
	jsonw_pair_int(&w, "added",
		       store_schedules_backfill_read(reply, asked->statement));
	jsonw_object_end(&w);
	response_json(asked->call->req, 202, &body);
}

static void on_to_backfill(void *arg, enum errors_code error,
			   const struct pg_reply *reply)
{
	struct asked *asked = arg;
	struct api_call *call = asked->call;
	struct arena *arena = request_arena(call->req);
	const char **run_ids;
	struct store_schedule row;
	struct pg_batch *batch;
	struct cron cron;
	struct err err;
	int64_t *due, at;

	if (error == ERRORS_NONE && !store_schedules_count(reply, asked->statement))
		error = ERRORS_NO_SCHEDULE;
	if (error == ERRORS_NONE) {
		store_schedules_read(reply, asked->statement, 0, &row);
		if (cron_parse(row.cron, &cron, &err) < 0 || !zone_ok(row.zone))
			error = ERRORS_INTERNAL;
	}
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	due = arena_alloc(arena, FIRES_MAX * sizeof(*due));
	run_ids = arena_alloc(arena, FIRES_MAX * sizeof(*run_ids));
	for (at = cron_next(&cron, row.zone, asked->from_sec - 1);
	     at >= 0 && at < asked->until_sec && asked->count < FIRES_MAX;
	     at = cron_next(&cron, row.zone, at)) {
		due[asked->count] = at;
		run_ids[asked->count++] =
			ids_run(clock_wall_ms(), arena_alloc(arena, IDS_MAX));
	}
	batch = pg_batch_new();
	asked->statement = store_schedules_backfill(batch, call->params[0], due, run_ids,
						    asked->count);
	manage_read(call, batch, on_backfilled, asked);
}

static int64_t read_moment(struct body_faults *faults, const struct json *doc,
			   const char *key, struct arena *arena)
{
	const struct body_at at = { NULL, "body", 0 };
	const struct body_at here = { &at, key, 0 };
	const char *text = body_text(faults, &at, doc, key, 64, arena);
	int64_t at_ms = 0;

	if (!text || !moment_parse(text, &at_ms))
		body_fault(faults, &here, "datetime_parsing",
			   "Input should be a moment, as 2026-11-23T21:45:00Z");
	return (at_ms + 999) / 1000;
}

void schedules_route_backfill(struct api_call *call)
{
	const struct body_at at = { NULL, "body", 0 };
	struct body_faults faults = { STR_INIT, 0 };
	struct asked *asked = asked_new(call);
	struct json *doc = NULL;
	const char *text;
	size_t len;

	if (!asked)
		return;
	text = request_body(call->req, &len);
	if (body_parse(&faults, text, len, 0, &doc)) {
		if (jsonr_type(doc) == JSONR_OBJECT) {
			struct arena *arena = request_arena(call->req);

			asked->from_sec = read_moment(&faults, doc, "from", arena);
			asked->until_sec = read_moment(&faults, doc, "until", arena);
		} else {
			body_fault(&faults, &at, "dict_type", "must be an object");
		}
	}
	if (!faults.count && asked->until_sec * 1000 > clock_wall_ms())
		body_fault(&faults, &at, "until",
			   "what is to come needs no backfill: until is behind now");
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		read_one(asked, on_to_backfill);
	jsonr_free(doc);
	body_faults_deinit(&faults);
}
