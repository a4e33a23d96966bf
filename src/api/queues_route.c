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
#include "api/list_answer.h"
#include "api/manage.h"
#include "api/pairs.h"
#include "api/queue_reads.h"
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
#include "server/request.h"
#include "server/response.h"
#include "store/store_pauses.h"

#include <string.h>

/* -- list -- */

static void print_queue(struct jsonw *w, const struct queue_read *queue)
{
	jsonw_object(w);
	jsonw_pair_text(w, "queue_name", queue->row.name);
	/* in Postgres, and not in the queue yet */
	jsonw_pair_int(w, "accepted", queue->row.later + queue->stats.admitted);
	jsonw_pair_int(w, "queued", queue->stats.queued);
	jsonw_pair_int(w, "active", queue->stats.active);
	jsonw_pair_int(w, "retrying", queue->row.again);
	jsonw_pair_int(w, "dead", queue->row.dead);
	jsonw_pair_int(w, "oldest_ms", queue->stats.oldest_ms);
	jsonw_pair_int(w, "quarantine", queue->stats.quarantine);
	jsonw_pair_int(w, "workers", queue->stats.workers);
	jsonw_pair_int(w, "tenants", queue->stats.tenants);
	jsonw_pair_int(w, "capped", queue->stats.capped);
	jsonw_pair_bool(w, "known", queue->known);
	jsonw_pair_bool(w, "open", queue->stats.open);
	jsonw_pair_text(w, "state", queue->row.state);
	jsonw_pair_bool(w, "paused", queue->row.paused_at != NULL);
	pairs_moment(w, "paused_at", queue->row.paused_at);
	jsonw_pair_text(w, "paused_reason", queue->row.paused_reason);
	jsonw_object_end(w);
}

static void on_queues(void *arg, enum errors_code error, const struct queue_read *queues,
		      size_t count)
{
	struct api_call *call = arg;
	struct list_answer list;
	size_t i;

	if (!list_answer_begin(&list, call->req, error, "queues"))
		return;
	for (i = 0; i < count; i++)
		print_queue(&list.w, &queues[i]);
	list_answer_send(&list);
}

void queues_route_list(struct api_call *call)
{
	if (manage_of(call))
		queue_reads_all(call, on_queues, call);
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
