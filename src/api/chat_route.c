/*
 * chat_route.c - messages of conversations, and what became of them
 *
 * POST /chat answers 202 when the turn is committed, with its number: the stream of that
 * turn is what `stream_url` names, so that no client meets the end of another. GET
 * .../status is 200 for every session that could be, as stock clients expect.
 */
#include "api/chat_route.h"

#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/idempotency.h"
#include "api/pairs.h"
#include "api/run_body.h"
#include "api/runs_port.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/rng.h"
#include "base/str.h"
#include "run/chat_run.h"
#include "run/image.h"
#include "server/request.h"
#include "server/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define IMAGES_MAX   16
#define STATUS_TURNS 100 /* told at most, the newest */

/* ---- post ---- */

struct posting {
	struct api_call *call;
	struct port_chat chat;
	char sha256[DIGEST_HEX_SIZE];
};

static void add_url(struct jsonw *w, const char *key, const char *session_id,
		    const char *what, int64_t turn)
{
	struct str url = STR_INIT;

	str_add_text(&url, "/api/v2/chat/");
	ids_encode(&url, session_id);
	str_printf(&url, "/%s", what);
	if (turn)
		str_printf(&url, "?turn=%" PRId64, turn);
	jsonw_pair_text(w, key, str_text(&url));
	str_deinit(&url);
}

static void on_posted(struct port_chat *chat)
{
	struct posting *posting = chat->arg;
	struct request *req = posting->call->req;
	struct str body = STR_INIT;
	struct str session = STR_INIT;
	char cursor[24];
	struct jsonw w;

	if (chat->error == ERRORS_RATE) {
		response_header_int(req, "X-RateLimit-Limit", chat->rate_limit);
		response_header(req, "X-RateLimit-Remaining", "0");
	}
	if (chat->error != ERRORS_NONE) {
		errors_send(req, chat->error, chat->detail);
		return;
	}
	(void)snprintf(cursor, sizeof(cursor), "%" PRId64, chat->turn);
	if (chat->replayed)
		response_header(req, "Idempotency-Replayed", "true");
	/* a replay without a session in its body: that of the first message */
	(void)chat_run_session(&session, chat->run_id);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "session_id", str_text(&session));
	jsonw_pair_text(&w, "status", "queued");
	add_url(&w, "stream_url", str_text(&session), "stream", chat->turn);
	add_url(&w, "status_url", str_text(&session), "status", 0);
	jsonw_pair_int(&w, "turn", chat->turn);
	jsonw_pair_text(&w, "run_id", chat->run_id);
	jsonw_pair_text(&w, "cursor", cursor);
	jsonw_object_end(&w);
	response_json(req, 202, &body);
	str_deinit(&session);
}

/* As it is kept; how many bytes it has. */
static size_t read_image(struct body_faults *faults, const struct body_at *at,
			 const struct json *value, struct jsonw *w)
{
	struct str uri = STR_INIT;
	size_t bytes = 0;
	struct err err;
	int rc;

	if (!jsonr_text(value)) {
		body_fault(faults, at, "string_type", "Input should be a valid string");
		return 0;
	}
	rc = image_read(&uri, jsonr_text(value), jsonr_text_len(value), &bytes, &err);
	if (rc == ERR_LIMIT)
		body_fault(faults, at, "too_long",
			   "Image should have at most 5242880 bytes");
	else if (rc < 0)
		body_fault(faults, at, "image_type",
			   "Input should be a PNG, JPEG, GIF or WebP image, as base64 or "
			   "as a data URI with base64");
	else
		jsonw_text_n(w, str_text(&uri), uri.len);
	str_deinit(&uri);
	return bytes;
}

static const char *read_images(struct body_faults *faults, const struct body_at *at,
			       const struct json *object, struct arena *arena)
{
	const struct json *images = jsonr_get(object, "images");
	struct body_at here = { at, "images", 0 };
	struct str text = STR_INIT;
	size_t sum = 0, i;
	const char *copy;
	struct jsonw w;

	if (jsonr_type(images) == JSONR_NULL ||
	    (jsonr_type(images) == JSONR_ARRAY && jsonr_count(images) == 0))
		return NULL;
	if (jsonr_type(images) != JSONR_ARRAY) {
		body_fault(faults, &here, "list_type", "Input should be a valid list");
		return NULL;
	}
	if (jsonr_count(images) > IMAGES_MAX)
		body_fault(faults, &here, "too_long",
			   "List should have at most 16 items");
	jsonw_init(&w, &text);
	jsonw_array(&w);
	for (i = 0; i < jsonr_count(images) && i < IMAGES_MAX; i++) {
		struct body_at item = { &here, NULL, (int64_t)i };

		sum += read_image(faults, &item, jsonr_at(images, i), &w);
	}
	jsonw_array_end(&w);
	if (sum > IMAGES_BYTES_MAX)
		body_fault(faults, &here, "too_long",
			   "Images should have at most 10485760 bytes in all");
	copy = arena_dup_n(arena, text.data, text.len);
	str_deinit(&text);
	return copy;
}

static enum port_chat_busy read_busy(struct body_faults *faults, const struct body_at *at,
				     const struct json *object, struct arena *arena)
{
	const char *text = body_text(faults, at, object, "on_busy", 64, arena);
	struct body_at here = { at, "on_busy", 0 };

	if (!text || strcmp(text, "enqueue") == 0)
		return PORT_CHAT_ENQUEUE;
	if (strcmp(text, "reject") == 0)
		return PORT_CHAT_REJECT;
	if (strcmp(text, "interrupt") == 0)
		return PORT_CHAT_INTERRUPT;
	body_fault(faults, &here, "enum",
		   "Input should be 'enqueue', 'reject' or 'interrupt'");
	return PORT_CHAT_ENQUEUE;
}

static const char *new_session_id(struct arena *arena)
{
	char id[32];

	(void)snprintf(id, sizeof(id), "sess_%016" PRIx64, rng_u64());
	return arena_dup(arena, id);
}

static void check_session(struct body_faults *faults, const struct body_at *at,
			  const char *session_id)
{
	struct body_at here = { at, "session_id", 0 };
	struct str prefix = STR_INIT;

	if (!chat_run_prefix(&prefix, session_id))
		body_fault(faults, &here, "string_too_long",
			   "Session id should have at most 220 bytes, percent-encoded");
	str_deinit(&prefix);
}

const char *chat_route_read(struct body_faults *faults, struct arena *arena,
			    const struct json *object, struct port_chat *ret)
{
	struct body_at at = { NULL, "body", 0 };
	struct body_at message = { &at, "message", 0 };
	struct run_body common;

	run_body_read(faults, &at, object, arena, &common);
	if (jsonr_type(object) != JSONR_OBJECT)
		return NULL;
	if (jsonr_type(jsonr_get(object, "message")) == JSONR_NULL)
		body_fault(faults, &message, "missing", "Field required");
	ret->message = common.message;
	ret->session_id = common.session_id ? common.session_id : new_session_id(arena);
	check_session(faults, &at, ret->session_id);
	ret->agent_id = body_text(faults, &at, object, "agent", IDS_MAX - 8, arena);
	if (ret->agent_id && !*ret->agent_id)
		ret->agent_id = NULL;
	ret->images = read_images(faults, &at, object, arena);
	ret->on_busy = read_busy(faults, &at, object, arena);
	ret->webhook_url = common.webhook_url;
	ret->webhook_secret = common.webhook_secret;
	ret->priority = common.priority;
	return common.tenant_id;
}

void chat_route_post(struct api_call *call)
{
	struct request *req = call->req;
	struct posting *posting = arena_new(request_arena(req), struct posting);
	struct body_faults faults = { STR_INIT, 0 };
	const char *tenant_id = NULL;
	struct json *doc;
	size_t len;
	const char *text = request_body(req, &len);

	posting->call = call;
	posting->chat.idempotency_key = idempotency_key(req, &faults);
	if (body_parse(&faults, text, len, 0, &doc))
		tenant_id =
			chat_route_read(&faults, request_arena(req), doc, &posting->chat);
	jsonr_free(doc);
	if (faults.count > 0) {
		body_faults_send(req, &faults);
		body_faults_deinit(&faults);
		return;
	}
	posting->chat.tenant_id = api_call_tenant(call, tenant_id);
	if (!posting->chat.tenant_id) {
		errors_send(req, ERRORS_TENANT, NULL);
		return;
	}
	if (posting->chat.idempotency_key)
		posting->chat.body_sha256 =
			idempotency_digest("chat", text, len, posting->sha256);
	posting->chat.done = on_posted;
	posting->chat.arg = posting;
	call->port->chats->post(call->port->chats->self, &posting->chat);
}

/* ---- status ---- */

static void send_not_found(struct api_call *call)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "session_id", call->params[0]);
	jsonw_pair_text(&w, "status", "not_found");
	jsonw_pair_raw(&w, "messages", "[]", 2);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

static void print_turn(struct jsonw *w, const struct store_chat_turn *turn)
{
	jsonw_object(w);
	jsonw_pair_int(w, "turn", turn->turn);
	jsonw_pair_text(w, "run_id", turn->run_id);
	jsonw_pair_text(w, "agent_id", turn->agent_id);
	jsonw_pair_text(w, "status", turn->status);
	jsonw_pair_text(w, "message", turn->message);
	jsonw_pair_text(w, "answer", turn->answer);
	pairs_json(w, "error", turn->error);
	pairs_moment(w, "created_at", turn->created_at);
	pairs_moment(w, "started_at", turn->started_at);
	pairs_moment(w, "ended_at", turn->ended_at);
	jsonw_object_end(w);
}

static void on_session(void *arg, enum errors_code error,
		       const struct store_chat_session *session,
		       const struct store_chat_turn *turns, size_t count)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	if (error == ERRORS_NO_SESSION ||
	    (error == ERRORS_NONE && !api_call_sees(call, session->tenant_id))) {
		send_not_found(call);
		return;
	}
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "session_id", session->session_id);
	jsonw_pair_text(&w, "agent_id", session->agent_id);
	jsonw_pair_text(&w, "status", session->status);
	jsonw_pair_raw(&w, "messages", session->messages, strlen(session->messages));
	pairs_moment(&w, "last_message_at", session->last_message_at);
	jsonw_pair_text(&w, "worker_id", session->worker_id);
	jsonw_pair_int(&w, "turn_count", session->turns);
	jsonw_pair_text(&w, "live_run_id", session->live_run_id);
	jsonw_pair_int(&w, "waiting", session->waiting);
	jsonw_key(&w, "turns");
	jsonw_array(&w);
	for (i = count; i > 0; i--)
		print_turn(&w, &turns[i - 1]);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void chat_route_status(struct api_call *call)
{
	if (api_call_id_ok(call->params[0]))
		call->port->chats->session(call->port->chats->self, call->params[0],
					   STATUS_TURNS, on_session, call);
	else
		send_not_found(call);
}

/* ---- cancel ---- */

static void on_cancelled(void *arg, enum errors_code error, const char *status)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error,
			    error == ERRORS_UNKNOWN
				    ? "it is not known whether the turn was cancelled: "
				      "ask again"
				    : NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", status);
	jsonw_pair_text(&w, "session_id", call->params[0]);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

/* In the query, or in a body: who names a turn there does not want the others stopped. A
 * body of another sort is none. */
static int64_t read_turn(struct body_faults *faults, struct request *req)
{
	const struct body_at at = { NULL, "body", 0 };
	int64_t turn = body_query_int(faults, req, "turn", 1, INT64_MAX, 0);
	struct json *doc = NULL;
	size_t len;
	const char *text = request_body(req, &len);

	if (!turn && len && jsonr_parse(text, len, &doc, NULL, NULL, NULL) == 0 &&
	    jsonr_type(doc) == JSONR_OBJECT)
		turn = body_int(faults, &at, doc, "turn", 1, INT64_MAX, 0);
	jsonr_free(doc);
	return turn;
}

void chat_route_cancel(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	int64_t turn = read_turn(&faults, call->req);

	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_SESSION, NULL);
	else
		call->port->chats->cancel(call->port->chats->self, call->params[0], turn,
					  call->key_tenant, on_cancelled, call);
	body_faults_deinit(&faults);
}
