/*
 * queues_route.c - queues: which there are, how full they are, pause and resume
 *
 * A pause is a fact of Postgres: it is told to Redis at once, and once more by the lead
 * clerk when that got lost. A key that is bound to a tenant may look, not pause: a queue
 * is everybody's.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/pairs.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "queue/queue.h"
#include "queue/queue_pause.h"
#include "queue/queue_stats.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_pauses.h"

#include <string.h>

#define QUEUES_MAX 100

/* -- list -- */

struct shown {
	struct listing *listing;
	struct queue *queue;
	struct store_queue row; /* texts are in the request's arena */
	struct queue_stats stats;
	bool known; /* Redis has answered */
};

struct listing {
	struct api_call *call;
	struct shown *shown;
	size_t count;
	size_t open; /* asks under way */
	int statement;
};

static void print_queue(struct jsonw *w, const struct shown *shown)
{
	jsonw_object(w);
	jsonw_pair_text(w, "queue_name", shown->row.name);
	jsonw_pair_int(w, "queued", shown->stats.queued);
	jsonw_pair_int(w, "active", shown->stats.active);
	jsonw_pair_int(w, "dead", shown->row.dead);
	jsonw_pair_int(w, "oldest_ms", shown->stats.oldest_ms);
	jsonw_pair_int(w, "quarantine", shown->stats.quarantine);
	jsonw_pair_int(w, "workers", shown->stats.workers);
	jsonw_pair_int(w, "tenants", shown->stats.tenants);
	jsonw_pair_int(w, "capped", shown->stats.capped);
	jsonw_pair_bool(w, "known", shown->known);
	jsonw_pair_bool(w, "open", shown->stats.open);
	jsonw_pair_text(w, "state", shown->row.state);
	jsonw_pair_bool(w, "paused", shown->row.paused_at != NULL);
	pairs_moment(w, "paused_at", shown->row.paused_at);
	jsonw_pair_text(w, "paused_reason", shown->row.paused_reason);
	jsonw_object_end(w);
}

static void send_list(struct listing *listing)
{
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_key(&w, "queues");
	jsonw_array(&w);
	for (i = 0; i < listing->count; i++) {
		print_queue(&w, &listing->shown[i]);
		queue_free(listing->shown[i].queue);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	response_json(listing->call->req, 200, &body);
}

static void on_stats(void *arg, int rc, const struct queue_stats *stats,
		     const struct err *err)
{
	struct shown *shown = arg;

	(void)err; /* the answer says that Redis has not told */
	if (rc == 0) {
		shown->stats = *stats;
		shown->known = true;
	}
	if (--shown->listing->open == 0)
		send_list(shown->listing);
}

static void ask_redis(struct listing *listing, struct shown *shown)
{
	const struct manage *manage = listing->call->port->manage;
	struct err err;

	if (queue_new(manage->link, manage->scripts, shown->row.name, NULL, &shown->queue,
		      &err) < 0)
		return;
	if (queue_stats(shown->queue, on_stats, shown, &err) == 0)
		listing->open++;
}

static const char *keep(struct arena *arena, const char *text)
{
	return text ? arena_dup(arena, text) : NULL;
}

static void on_queues(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct listing *listing = arg;
	struct arena *arena = request_arena(listing->call->req);
	size_t i;

	if (error != ERRORS_NONE) {
		errors_send(listing->call->req, error, NULL);
		return;
	}
	listing->count = (size_t)store_pauses_queues_count(reply, listing->statement);
	listing->shown =
		arena_alloc(arena, (listing->count + 1) * sizeof(*listing->shown));
	memset(listing->shown, 0, (listing->count + 1) * sizeof(*listing->shown));
	listing->open = 1; /* until all are asked */
	for (i = 0; i < listing->count; i++) {
		struct shown *shown = &listing->shown[i];
		struct store_queue *row = &shown->row;

		shown->listing = listing;
		store_pauses_queues_read(reply, listing->statement, (int)i, row);
		row->name = keep(arena, row->name);
		row->state = keep(arena, row->state);
		row->paused_at = keep(arena, row->paused_at);
		row->paused_reason = keep(arena, row->paused_reason);
		ask_redis(listing, shown);
	}
	if (--listing->open == 0)
		send_list(listing);
}

void queues_route_list(struct api_call *call)
{
	const struct manage *manage = manage_of(call);
	struct listing *listing;
	struct pg_batch *batch;

	if (!manage)
		return;
	listing = arena_new(request_arena(call->req), struct listing);
	listing->call = call;
	batch = pg_batch_new();
	listing->statement = store_pauses_queues(
		batch, (const char *const *)manage->conf->queue.names.items,
		manage->conf->queue.names.count, QUEUES_MAX);
	manage_read(call, batch, on_queues, listing);
}

/* -- pause, resume -- */

struct change {
	struct api_call *call;
	struct queue *queue;
	const char *reason; /* NULL: it goes on */
	int statement;
};

static void send_change(struct change *change)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "queue_name", change->call->params[0]);
	jsonw_pair_bool(&w, "paused", change->reason != NULL);
	jsonw_pair_text(&w, "paused_reason", change->reason);
	jsonw_object_end(&w);
	response_json(change->call->req, 200, &body);
}

static void change_over(struct change *change, const char *problem)
{
	if (problem)
		log_warn("queue.pause_not_told", LOG_S("queue", change->call->params[0]),
			 LOG_S("error", problem));
	queue_free(change->queue);
	send_change(change);
}

static void on_told(void *arg, int rc, bool newest, const struct err *err)
{
	(void)newest;
	change_over(arg, rc < 0 ? err->text : NULL);
}

static void on_changed(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct change *change = arg;
	int64_t n = error == ERRORS_NONE ? store_pauses_set_read(reply, change->statement)
					 : 0;
	struct err err;

	if (error == ERRORS_NONE && n == 0)
		error = ERRORS_NO_QUEUE;
	if (error != ERRORS_NONE) {
		queue_free(change->queue);
		errors_send(change->call->req, error, NULL);
		return;
	}
	log_info(change->reason ? "queue.paused" : "queue.resumed",
		 LOG_S("queue", change->call->params[0]), LOG_N("change", n));
	if (queue_pause(change->queue, n, change->reason, on_told, change, &err) < 0)
		change_over(change, err.text); /* the lead clerk brings it */
}

static bool configured(const struct conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->queue.names.count; i++)
		if (strcmp(conf->queue.names.items[i], name) == 0)
			return true;
	return false;
}

static void change_queue(struct api_call *call, const char *reason)
{
	const struct manage *manage = manage_of(call);
	struct change *change;
	struct pg_batch *batch;
	struct err err;

	if (!manage)
		return;
	if (call->key_tenant) {
		errors_send(call->req, ERRORS_TENANT,
			    "a key that is bound to a tenant may not change queues");
		return;
	}
	change = arena_new(request_arena(call->req), struct change);
	change->call = call;
	change->reason = reason;
	if (queue_new(manage->link, manage->scripts, call->params[0], NULL,
		      &change->queue, &err) < 0) {
		errors_send(call->req, ERRORS_NO_QUEUE, NULL);
		return;
	}
	batch = pg_batch_new();
	change->statement =
		store_pauses_set(batch, call->params[0],
				 configured(manage->conf, call->params[0]), reason);
	manage_read(call, batch, on_changed, change);
}

/* An empty body is an empty object. */
static const char *read_reason(struct body_faults *faults, struct request *req)
{
	const struct body_at at = { NULL, "body", 0 };
	const char *text, *reason = NULL;
	struct json *doc = NULL;
	size_t len;

	text = request_body(req, &len);
	if (strspn(text, " \t\r\n") == len || !body_parse(faults, text, len, 0, &doc))
		return "";
	if (doc && jsonr_type(doc) != JSONR_OBJECT)
		body_fault(faults, &at, "dict_type", "must be an object");
	else if (doc)
		reason = body_text(faults, &at, doc, "reason", QUEUE_REASON_MAX,
				   request_arena(req));
	jsonr_free(doc);
	return reason ? reason : "";
}

void queues_route_pause(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	const char *reason = read_reason(&faults, call->req);

	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		change_queue(call, reason);
	body_faults_deinit(&faults);
}

void queues_route_resume(struct api_call *call)
{
	change_queue(call, NULL);
}
