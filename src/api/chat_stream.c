/*
 * chat_stream.c - the events of a conversation: as they come, and by range
 *
 * A stream is that of one turn, which `turn` (or `cursor`, as the answer to the message
 * said) names, else of the newest: it begins where that turn begins and ends with its
 * `done`, whatever was said before and is said after.
 */
#include "api/chat_stream.h"

#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/event_answer.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/err.h"
#include "base/log.h"
#include "events/tail.h"
#include "run/chat_run.h"
#include "server/request.h"
#include "server/response.h"

#include <stdint.h>
#include <string.h>

static int64_t read_turn(struct body_faults *faults, const struct request *req)
{
	const char *name = request_query(req, "turn") ? "turn" : "cursor";

	return body_query_int(faults, req, name, 1, INT64_MAX, 0);
}

/* ---- as they come ---- */

struct opening {
	struct api_call *call;
	const char *session_id;
	struct event_id after;
	const struct chat_stream_ask *ask; /* NULL: the stream itself is wanted */
};

/* A message that was accepted is no error, whatever keeps its stream back: who is told to
 * try again says it twice. */
static void refuse(const struct opening *opening, enum errors_code error)
{
	if (opening->ask)
		opening->ask->unseen(opening->ask->arg);
	else
		errors_send(opening->call->req, error, NULL);
}

static void on_turn(void *arg, enum errors_code error,
		    const struct store_chat_place *turn)
{
	struct opening *opening = arg;
	struct api_call *call = opening->call;
	struct tails_ask ask = { .after = opening->after };
	struct err err;

	if (error == ERRORS_NONE && !api_call_sees(call, turn->tenant_id))
		error = ERRORS_NO_SESSION;
	if (error != ERRORS_NONE) {
		refuse(opening, error);
		return;
	}
	if (request_method(call->req) == REQUEST_HEAD) {
		response_text(call->req, 200, "text/event-stream; charset=utf-8", "", 0);
		return;
	}
	ask.run_id = turn->run_id;
	ask.head = opening->ask ? opening->ask->head : NULL;
	ask.view = opening->ask ? V1_VIEW_CHAT : V1_VIEW_NONE;
	ask.ended = turn->ended;
	ask.fresh = turn->epoch == 0 && turn->wake == 1 && !turn->ended;
	ask.plain = chat_run_agent(turn->definition_id) != NULL;
	if (call->port->run->follow(call->port->run->self, call->req, &ask, &err) < 0) {
		log_warn("events.stream_refused", LOG_S("session", opening->session_id),
			 LOG_S("error", err.text));
		refuse(opening, ERRORS_BUSY);
	}
}

void chat_stream_answer(struct api_call *call, const struct chat_stream_ask *ask)
{
	struct opening *opening = arena_new(request_arena(call->req), struct opening);

	opening->call = call;
	opening->session_id = ask->session_id;
	opening->ask = ask;
	call->port->chats->turn(call->port->chats->self, ask->session_id, ask->turn,
				on_turn, opening);
}

void chat_stream_get(struct api_call *call)
{
	struct request *req = call->req;
	struct opening *opening = arena_new(request_arena(req), struct opening);
	struct body_faults faults = { STR_INIT, 0 };
	struct body_at in = { NULL, "header", 0 };
	struct body_at at = { &in, "Last-Event-ID", 0 };
	const char *id = request_header(req, "Last-Event-ID");
	int64_t turn = read_turn(&faults, req);

	if (!id) { /* an EventSource cannot set the header by itself at first */
		id = request_query(req, "last_event_id");
		in.name = "query";
		at.name = "last_event_id";
	}
	opening->call = call;
	opening->session_id = call->params[0];
	if (id && *id && !event_id_parse(id, &opening->after))
		body_fault(&faults, &at, "stream_id", "Input should be a stream id");
	if (faults.count > 0)
		body_faults_send(req, &faults);
	else if (!api_call_id_ok(call->params[0]))
		errors_send(req, ERRORS_NO_SESSION, NULL);
	else
		call->port->chats->turn(call->port->chats->self, call->params[0], turn,
					on_turn, opening);
	body_faults_deinit(&faults);
}

/* ---- by range ---- */

void chat_stream_events(struct api_call *call)
{
	struct event_range *range = event_answer_new(call);
	const struct chat_port *chats = call->port->chats;
	struct body_faults faults = { STR_INIT, 0 };
	int64_t turn;

	range->key = "session_id";
	range->none = ERRORS_NO_SESSION;
	event_answer_read(&faults, range);
	turn = read_turn(&faults, call->req);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_SESSION, NULL);
	else
		chats->events(chats->self, call->params[0], turn, range->start,
			      range->end, range->limit + 1, event_answer_send, range);
	body_faults_deinit(&faults);
}
