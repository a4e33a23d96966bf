/*
 * why_route.c - GET /api/v2/runs/{id}/why
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "api/why.h"
#include "base/arena.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "queue/queue.h"
#include "queue/queue_job.h"
#include "queue/queue_names.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

struct asked {
	struct api_call *call;
	struct queue *queue;
	int statement;
	struct store_why run; /* its texts are in the request's arena */
};

static void send(struct asked *asked, const struct queue_why *place)
{
	struct why_reason reason;
	struct str body = STR_INIT;
	struct jsonw w;

	queue_free(asked->queue);
	why_decide(&asked->run, place, &reason);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "run_id", asked->call->params[0]);
	jsonw_pair_text(&w, "status", asked->run.status);
	jsonw_pair_text(&w, "reason", reason.code);
	jsonw_pair_text(&w, "detail", reason.text);
	jsonw_pair_text(&w, "queue_name", *asked->run.queue ? asked->run.queue : NULL);
	jsonw_pair_text(&w, "lane", asked->run.lane);
	jsonw_key(&w, "position");
	if (place && place->place == QUEUE_PLACE_READY)
		jsonw_int(&w, place->ahead + 1);
	else
		jsonw_null(&w);
	jsonw_pair_int(&w, "workers_online", asked->run.online);
	jsonw_pair_int(&w, "workers_capable", asked->run.capable);
	jsonw_object_end(&w);
	response_json(asked->call->req, 200, &body);
}

static void on_place(void *arg, int rc, const struct queue_why *place,
		     const struct err *err)
{
	if (rc < 0)
		log_warn("queue.act_failed", LOG_S("act", "why"),
			 LOG_S("error", err->text));
	send(arg, rc < 0 ? NULL : place);
}

static const char *keep(struct asked *asked, const char *text)
{
	return text ? arena_dup(request_arena(asked->call->req), text) : NULL;
}

static void keep_texts(struct asked *asked)
{
	struct store_why *run = &asked->run;

	run->status = keep(asked, run->status);
	run->tenant_id = keep(asked, run->tenant_id);
	run->queue = keep(asked, run->queue);
	run->lane = keep(asked, run->lane);
	run->run_at = keep(asked, run->run_at);
	run->worker_id = keep(asked, run->worker_id);
	run->current_step_id = keep(asked, run->current_step_id);
	run->paused_reason = keep(asked, run->paused_reason);
}

static int ask_place(struct asked *asked, struct err *err)
{
	const struct manage *manage = asked->call->port->manage;
	const char *run_id = asked->call->params[0];
	struct str tenant = STR_INIT, job = STR_INIT;
	struct queue_job named = {
		.kind = QUEUE_JOB_RUN,
		.wake = (uint32_t)asked->run.wake,
		.run = { run_id, strlen(run_id) },
	};
	int rc;

	queue_names_tenant(&tenant, asked->run.tenant_id);
	queue_job_id(&named, &job);
	rc = queue_new(manage->link, manage->scripts, asked->run.queue, NULL,
		       &asked->queue, err);
	if (rc == 0)
		rc = queue_why(asked->queue, (struct queue_text){ job.data, job.len },
			       (struct queue_text){ tenant.data, tenant.len },
			       asked->run.lane, on_place, asked, err);
	str_deinit(&tenant);
	str_deinit(&job);
	return rc;
}

static void on_row(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;
	struct err err;

	if (error == ERRORS_NONE &&
	    (!store_why_read(reply, asked->statement, &asked->run) ||
	     !api_call_sees(asked->call, asked->run.tenant_id)))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		errors_send(asked->call->req, error, NULL);
		return;
	}
	keep_texts(asked);
	if (!why_needs_place(&asked->run) || ask_place(asked, &err) < 0)
		send(asked, NULL);
}

void why_route_get(struct api_call *call)
{
	const struct manage *manage;
	struct asked *asked;
	struct pg_batch *batch;

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	manage = manage_of(call);
	if (!manage)
		return;
	asked = arena_new(request_arena(call->req), struct asked);
	batch = pg_batch_new();
	asked->call = call;
	asked->statement = store_why(batch, call->params[0],
				     manage->conf->queue.heartbeat_ttl_ms * 2);
	manage_read(call, batch, on_row, asked);
}
