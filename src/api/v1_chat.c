/*
 * v1_chat.c - POST /api/v1/chat and /api/v1/chat/stream: a message and its answer
 *
 * The same turn as in V2, whoever executes it. The agent is found as stock finds it: by
 * its id, its name in any case, a part of the name, else the first.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/chat_route.h"
#include "api/chat_stream.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/idempotency.h"
#include "api/outcome_wait.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/rng.h"
#include "base/str.h"
#include "run/chat_run.h"
#include "server/request.h"
#include "server/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct chatting {
	struct api_call *call;
	struct port_chat chat;
	char sha256[DIGEST_HEX_SIZE];
	const char *agent_name;
	const char *session_id; /* of the turn */
	bool streams;           /* the answer is what the turn says */
	struct chat_stream_ask stream;
};

static void print_who(const struct chatting *chatting, struct jsonw *w)
{
	jsonw_pair_text(w, "session_id", chatting->session_id);
	jsonw_pair_text(w, "agent_id", chatting->chat.agent_id);
	jsonw_pair_text(w, "agent_name", chatting->agent_name);
}

/* Status: it goes on, or waits for a person. */
static void send_accepted(const struct chatting *chatting, const char *status)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	print_who(chatting, &w);
	jsonw_pair_text(&w, "status", status);
	jsonw_pair_int(&w, "turn", chatting->chat.turn);
	jsonw_object_end(&w);
	response_json(chatting->call->req, 202, &body);
}

static void on_unseen(void *arg)
{
	send_accepted(arg, "running");
}

/* The first event: who answers, and where. */
static void follow(struct chatting *chatting)
{
	struct arena *arena = request_arena(chatting->call->req);
	struct str head = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &head);
	jsonw_object(&w);
	jsonw_pair_text(&w, "type", "session");
	print_who(chatting, &w);
	jsonw_object_end(&w);
	chatting->stream = (struct chat_stream_ask){
		.session_id = chatting->session_id,
		.turn = chatting->chat.turn,
		.head = arena_dup_n(arena, str_text(&head), head.len),
		.unseen = on_unseen,
		.arg = chatting,
	};
	str_deinit(&head);
	chat_stream_answer(chatting->call, &chatting->stream);
}

static void on_over(void *arg, enum errors_code error, const struct port_result *result)
{
	struct chatting *chatting = arg;
	struct request *req = chatting->call->req;
	bool ended = result && strcmp(result->status, "paused") != 0;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
	} else if (ended && strcmp(result->status, "completed") != 0) {
		errors_send(req, ERRORS_INTERNAL, "the agent gave no answer");
	} else if (!ended) {
		send_accepted(chatting, result ? "paused" : "running");
	} else {
		jsonw_init(&w, &body);
		jsonw_object(&w);
		print_who(chatting, &w);
		jsonw_pair_text(&w, "response", result->response ? result->response : "");
		jsonw_object_end(&w);
		response_json(req, 200, &body);
	}
}

static void on_posted(struct port_chat *chat)
{
	struct chatting *chatting = chat->arg;
	struct request *req = chatting->call->req;
	struct str session = STR_INIT;

	if (chat->error == ERRORS_RATE) {
		response_header_int(req, "X-RateLimit-Limit", chat->rate_limit);
		response_header(req, "X-RateLimit-Remaining", "0");
	}
	if (chat->error != ERRORS_NONE) {
		errors_send(req, chat->error, chat->detail);
		return;
	}
	if (chat->replayed)
		response_header(req, "Idempotency-Replayed", "true");
	(void)chat_run_session(&session, chat->run_id);
	chatting->session_id = arena_dup(request_arena(req), str_text(&session));
	str_deinit(&session);
	if (chatting->streams)
		follow(chatting);
	else
		outcome_wait(chatting->call, chat->run_id, on_over, chatting);
}

static bool holds(const char *text, const char *part)
{
	size_t len = strlen(part);

	for (; strlen(text) >= len; text++)
		if (strncasecmp(text, part, len) == 0)
			return true;
	return false;
}

static const struct store_definition_item *choose(
	const struct store_definition_item *items, size_t count, const char *wanted)
{
	size_t i;

	for (i = 0; wanted && i < count; i++)
		if (strcmp(items[i].id, wanted) == 0)
			return &items[i];
	for (i = 0; wanted && i < count; i++)
		if (strcasecmp(items[i].name, wanted) == 0)
			return &items[i];
	for (i = 0; wanted && i < count; i++)
		if (holds(items[i].name, wanted))
			return &items[i];
	return &items[0];
}

static void on_agents(void *arg, enum errors_code error,
		      const struct store_definition_item *items, size_t count)
{
	struct chatting *chatting = arg;
	struct api_call *call = chatting->call;
	struct arena *arena = request_arena(call->req);
	const struct store_definition_item *agent;

	if (error == ERRORS_NONE && count == 0)
		error = ERRORS_NO_AGENTS;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	agent = choose(items, count, chatting->chat.agent_id);
	chatting->chat.agent_id = arena_dup(arena, agent->id);
	chatting->agent_name = arena_dup(arena, agent->name);
	call->port->chats->post(call->port->chats->self, &chatting->chat);
}

static void post(struct api_call *call, bool streams)
{
	struct arena *arena = request_arena(call->req);
	struct chatting *chatting = arena_new(arena, struct chatting);
	struct body_faults faults = { STR_INIT, 0 };
	const char *tenant_id = NULL;
	struct json *doc = NULL;
	char session[32];
	size_t len;
	const char *text = request_body(call->req, &len);

	chatting->call = call;
	chatting->streams = streams;
	chatting->chat.done = on_posted;
	chatting->chat.arg = chatting;
	chatting->chat.idempotency_key = idempotency_key(call->req, &faults);
	if (body_parse(&faults, text, len, 0, &doc)) {
		tenant_id = chat_route_read(&faults, arena, doc, &chatting->chat);
		if (!jsonr_get_text(doc, "session_id")) {
			(void)snprintf(session, sizeof(session), "api_%012" PRIx64,
				       rng_u64() & 0xffffffffffff);
			chatting->chat.session_id = arena_dup(arena, session);
		}
	}
	jsonr_free(doc);
	if (faults.count > 0) {
		body_faults_send(call->req, &faults);
		body_faults_deinit(&faults);
		return;
	}
	chatting->chat.tenant_id = api_call_tenant(call, tenant_id);
	if (!chatting->chat.tenant_id) {
		errors_send(call->req, ERRORS_TENANT, NULL);
		return;
	}
	if (chatting->chat.idempotency_key)
		chatting->chat.body_sha256 =
			idempotency_digest("chat", text, len, chatting->sha256);
	call->port->intake->definitions(call->port->intake->self, STORE_AGENT, on_agents,
					chatting);
}

void v1_chat_post(struct api_call *call)
{
	post(call, false);
}

void v1_chat_stream(struct api_call *call)
{
	post(call, true);
}
