/*
 * stream.c - the events of a run as they come
 *
 * GET .../{run_id}/stream looks the row up, for 404 and the tenant, and hands the request
 * over to the tails (events/tail.h): from then on the connection is theirs.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/tail.h"
#include "run/chat_run.h"
#include "server/request.h"
#include "server/response.h"

struct opening {
	struct run_stand stand;
	struct api_call *call;
	struct event_id after;
};

static void on_run(struct run_stand *stand, enum errors_code error,
		   const struct store_run_stand *run)
{
	struct opening *opening = mem_container(stand, struct opening, stand);
	struct api_call *call = opening->call;
	struct tails_ask ask = { .run_id = call->params[0], .after = opening->after };
	struct err err;

	if (error == ERRORS_NONE && !api_call_sees(call, run->tenant_id))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	if (request_method(call->req) == REQUEST_HEAD) {
		response_text(call->req, 200, "text/event-stream; charset=utf-8", "", 0);
		return;
	}
	ask.ended = run->ended;
	ask.plain = run->chat && chat_run_agent(run->orchestration_id);
	ask.fresh = run->fresh;
	if (call->port->run->follow(call->port->run->self, call->req, &ask, &err) < 0) {
		log_warn("events.stream_refused", LOG_S("run", call->params[0]),
			 LOG_S("error", err.text));
		errors_send(call->req, ERRORS_BUSY, NULL);
	}
}

void stream_get(struct api_call *call)
{
	struct request *req = call->req;
	struct opening *opening = arena_new(request_arena(req), struct opening);
	struct body_faults faults = { STR_INIT, 0 };
	struct body_at in = { NULL, "header", 0 };
	struct body_at at = { &in, "Last-Event-ID", 0 };
	const char *id = request_header(req, "Last-Event-ID");

	if (!api_call_id_ok(call->params[0])) {
		errors_send(req, ERRORS_NO_RUN, NULL);
		return;
	}
	if (!id) { /* an EventSource cannot set the header by itself at first */
		at.name = request_query(req, "after") ? "after" : "last_event_id";
		id = request_query(req, at.name);
		in.name = "query";
	}
	opening->call = call;
	if (id && *id && !event_id_parse(id, &opening->after)) {
		body_fault(&faults, &at, "stream_id", "Input should be a stream id");
		body_faults_send(req, &faults);
		body_faults_deinit(&faults);
		return;
	}
	opening->stand.run_id = call->params[0];
	opening->stand.cb = on_run;
	call->port->run->stand(call->port->run->self, &opening->stand);
}
