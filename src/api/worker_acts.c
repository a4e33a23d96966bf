/*
 * worker_acts.c - POST /api/v2/workers/{worker_id}/quiet and .../stop
 *
 * A worker is told by mail, which it reads with its calls of the queue (within a
 * second), and asks its own master (worker/errands.c). Which queue it serves is not in
 * the registry, so its box is looked for in one queue after the other. Mail is a hint
 * that may be lost: the registry says what became of it, and who wanted it may ask again.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "queue/queue.h"
#include "queue/queue_mail.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_pauses.h"
#include "store/store_workers.h"

#include <stdio.h>
#include <string.h>

#define QUEUES_MAX 4096 /* one after the other, until the box is found */

struct act {
	struct api_call *call;
	const char *name; /* "quiet", "stop" */
	struct queue_mail mail;
	int at_worker, at_queues;
	const char **queues; /* in the request's arena */
	int count, next;
	struct queue *queue; /* that is asked */
};

static void send_accepted(struct act *act)
{
	struct api_call *call = act->call;
	struct str body = STR_INIT;
	struct jsonw w;

	log_info("worker.act_sent", LOG_S("act", act->name),
		 LOG_S("worker", call->params[0]), LOG_S("incarnation", act->mail.run_id),
		 LOG_S("by", call->key_id), LOG_S("peer", request_peer(call->req)));
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", "asked");
	jsonw_pair_text(&w, "act", act->name);
	jsonw_pair_text(&w, "worker_id", call->params[0]);
	jsonw_object_end(&w);
	response_json(call->req, 202, &body);
}

static void try_next(struct act *act);

static void on_sent(void *arg, int rc, bool delivered, const struct err *err)
{
	struct act *act = arg;

	queue_free(act->queue);
	act->queue = NULL;
	if (rc == 0 && delivered) {
		send_accepted(act);
	} else if (rc < 0) {
		log_warn("worker.act_not_sent", LOG_S("worker", act->call->params[0]),
			 LOG_S("error", err->text));
		errors_send(act->call->req, ERRORS_REDIS, NULL);
	} else {
		try_next(act);
	}
}

static void try_next(struct act *act)
{
	const struct manage *manage = act->call->port->manage;
	struct err err;

	if (act->next == act->count) {
		errors_send(act->call->req, ERRORS_NO_WORKER,
			    "no process of this worker is in a queue");
		return;
	}
	if (queue_new(manage->link, manage->scripts, act->queues[act->next++], NULL,
		      &act->queue, &err) < 0 ||
	    queue_mail_send(act->queue, act->mail.run_id, &act->mail, on_sent, act,
			    &err) < 0) {
		queue_free(act->queue);
		act->queue = NULL;
		log_warn("worker.act_not_sent", LOG_S("worker", act->call->params[0]),
			 LOG_S("error", err.text));
		errors_send(act->call->req, ERRORS_REDIS, NULL);
	}
}

static void on_looked(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct act *act = arg;
	struct arena *arena = request_arena(act->call->req);
	struct store_worker_one worker = { .incarnation = NULL };
	int i;

	if (error == ERRORS_NONE &&
	    !store_workers_one_read(reply, act->at_worker, &worker))
		error = ERRORS_NO_WORKER;
	if (error != ERRORS_NONE) {
		errors_send(act->call->req, error, NULL);
		return;
	}
	if (!worker.incarnation || !worker.online) {
		errors_send(act->call->req, ERRORS_WORKER_AWAY,
			    worker.incarnation ? NULL
					       : "a stock worker takes no such wish");
		return;
	}
	(void)snprintf(act->mail.run_id, sizeof(act->mail.run_id), "%s",
		       worker.incarnation);
	act->count = store_pauses_queues_count(reply, act->at_queues);
	act->queues = arena_alloc(arena, ((size_t)act->count + 1) * sizeof(*act->queues));
	for (i = 0; i < act->count; i++)
		act->queues[i] = arena_dup(
			arena, store_pauses_names_read(reply, act->at_queues, i));
	try_next(act);
}

static void start(struct api_call *call, const char *name, enum queue_mail_kind kind)
{
	const struct manage *manage = call->port->manage;
	struct pg_batch *batch;
	struct act *act;

	if (!manage) {
		errors_send(call->req, ERRORS_SCALE_ONLY,
			    "this host executes runs in its API process and has no "
			    "workers: `synapsed quiet` and `synapsed stop` act on the "
			    "host itself, and with redis.url and postgres.url there are "
			    "workers");
		return;
	}
	if (call->key_tenant) {
		errors_send(call->req, ERRORS_TENANT,
			    "a key that is bound to a tenant may not act on workers");
		return;
	}
	act = arena_new(request_arena(call->req), struct act);
	act->call = call;
	act->name = name;
	act->mail.kind = kind;
	batch = pg_batch_new();
	act->at_worker = store_workers_one(batch, call->params[0]);
	act->at_queues = store_pauses_names(
		batch, (const char *const *)manage->conf->queue.names.items,
		manage->conf->queue.names.count, QUEUES_MAX);
	manage_read(call, batch, on_looked, act);
}

void worker_acts_quiet(struct api_call *call)
{
	start(call, "quiet", QUEUE_MAIL_QUIET);
}

void worker_acts_stop(struct api_call *call)
{
	start(call, "stop", QUEUE_MAIL_STOP);
}
