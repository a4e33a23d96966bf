/*
 * front.c - from a request to its handler
 *
 * When the head is in, the route decides: no such path (404), not this method (405), no
 * key that could be one (401) are answered before any of the body is read, and the body
 * gets the route's bound. When the body is in, the key is looked up (auth.c), mostly
 * without waiting, and the handler is called.
 *
 * A text in the form of a key costs a stranger nothing, and us one look-up at the most:
 * whose key is not in memory when the head is in gets a share of the room for bodies only
 * (request_known()), and the look-up begins at once, unless many are under way, so that
 * the next request of a good key is a known one's.
 */
#include "api/front.h"

#include "api/api_call.h"
#include "api/auth.h"
#include "api/cookie.h"
#include "api/cors.h"
#include "api/errors.h"
#include "api/internal.h"
#include "api/routes.h"
#include "base/arena.h"
#include "base/clock.h"
#include "server/request.h"
#include "server/response.h"

#define IGNORED_BODY_MAX ((size_t)64 * 1024)
#define SMALL_BODY_MAX   ((size_t)4 * 1024)

struct entry {
	struct api_call call;
	struct auth_wait wait;
	bool trusted;   /* of an internal route: needs no key */
	bool is_nobody; /* of this host, and has none: that is enough while none exists */
	bool has_token; /* of the page's cookie; a request with a key needs none */
	char token[COOKIE_TOKEN_HEX + 1];
};

static size_t body_max(const struct front *front, enum route_body body)
{
	switch (body) {
	case ROUTE_BODY_SMALL:
		return SMALL_BODY_MAX;
	case ROUTE_BODY_JSON:
		return front->body_max_bytes;
	case ROUTE_BODY_BULK:
		return front->bulk_body_max_bytes;
	case ROUTE_BODY_IGNORED:
		break;
	}
	return IGNORED_BODY_MAX;
}

/* The Authorization header if it is there exactly once. */
static const char *authorization(const struct request *req)
{
	if (request_header_count(req, "Authorization") != 1)
		return NULL;
	return request_header(req, "Authorization");
}

static bool is_internal(const struct route *route)
{
	return route->scope == ROUTE_INTERNAL || route->scope == ROUTE_PAGE;
}

/* A key or a cookie that could be good; false: answered. */
static bool has_key(struct entry *entry)
{
	struct request *req = entry->call.req;
	enum request_method method = request_method(req);

	if (auth_well_formed(authorization(req)))
		return true;
	entry->has_token =
		!request_header(req, "Authorization") && cookie_token(req, entry->token);
	if (!entry->has_token)
		errors_send(req,
			    is_internal(entry->call.route) ? ERRORS_FORBIDDEN
							   : ERRORS_NO_KEY,
			    NULL);
	else if (method != REQUEST_GET && method != REQUEST_HEAD && !cookie_is_ours(req))
		errors_send(req, ERRORS_CROSS_SITE, NULL);
	else
		return true;
	return false;
}

/*
 * A proxy of this host that tells nothing of whom it speaks for cannot be told from a
 * program of this host: what reads and acts on runs takes that for trust only while
 * nobody has made a key.
 */
static void judge_place(const struct front *front, struct entry *entry)
{
	const struct api_call *call = &entry->call;
	char token[COOKIE_TOKEN_HEX + 1];

	if (!is_internal(call->route) ||
	    !internal_allows(front->internal_token, front->cors_origins, call->req))
		return;
	if (call->route->scope == ROUTE_INTERNAL || *front->internal_token)
		entry->trusted = true;
	else
		entry->is_nobody = !request_header(call->req, "Authorization") &&
				   !cookie_token(call->req, token);
}

/* Did a good key, or the host itself, send this? */
static bool is_known(const struct front *front, const struct entry *entry)
{
	struct request *req = entry->call.req;

	if (entry->trusted)
		return true;
	if (entry->call.route->scope == ROUTE_PUBLIC || entry->is_nobody)
		return false;
	return entry->has_token
		       ? auth_knows_session(front->auth, entry->token, clock_mono_ms())
		       : auth_knows(front->auth, authorization(req), clock_mono_ms());
}

static size_t on_head(struct request *req, void *arg)
{
	const struct front *front = arg;
	struct entry *entry = arena_new(request_arena(req), struct entry);
	struct api_call *call = &entry->call;
	const char *segments[REQUEST_SEGMENTS_MAX];
	char allow[ROUTES_ALLOW_MAX];
	size_t count = request_segment_count(req);
	size_t i;

	for (i = 0; i < count; i++)
		segments[i] = request_segment(req, i);
	call->req = req;
	call->loop = front->loop;
	call->port = front->port;
	call->own_keys = front->own_keys;
	call->default_tenant = front->default_tenant;
	call->conf = front->conf;
	call->inputs = front->inputs;
	call->route =
		routes_find(request_method(req), segments, count, call->params, allow);
	request_set_user(req, entry);
	if (cors_answer(front->cors_origins, req))
		return 0;
	if (!call->route) {
		if (*allow)
			response_header(req, "Allow", allow);
		errors_send(req, *allow ? ERRORS_METHOD : ERRORS_NOT_FOUND, NULL);
		return 0;
	}
	judge_place(front, entry);
	if (call->route->scope != ROUTE_PUBLIC && !entry->trusted && !entry->is_nobody &&
	    !has_key(entry))
		return 0;
	if (is_known(front, entry))
		request_known(req);
	return body_max(front, call->route->body);
}

static void on_verdict(void *arg, enum auth_verdict verdict, const struct auth_key *key)
{
	struct api_call *call = arg;

	switch (verdict) {
	case AUTH_OK:
		if (key->tenant_id && is_internal(call->route)) {
			errors_send(call->req, ERRORS_FORBIDDEN, NULL);
			break;
		}
		if (key->tenant_id)
			call->key_tenant =
				arena_dup(request_arena(call->req), key->tenant_id);
		call->key_id = arena_dup(request_arena(call->req), key->id);
		call->route->handler(call);
		break;
	case AUTH_MISSING:
		errors_send(call->req, ERRORS_NO_KEY, NULL);
		break;
	case AUTH_BAD:
		errors_send(call->req, ERRORS_BAD_KEY, NULL);
		break;
	case AUTH_AWAY:
		errors_send(call->req, ERRORS_POSTGRES, NULL);
		break;
	case AUTH_WAIT:
		break;
	}
}

static void on_nobody(void *arg, enum auth_verdict verdict, const struct auth_key *key)
{
	struct api_call *call = arg;

	(void)key; /* it has no id */
	if (verdict == AUTH_OK)
		call->route->handler(call);
	else if (verdict == AUTH_BAD)
		errors_send(call->req, ERRORS_FORBIDDEN,
			    "There are keys: call with one, or set api.internal_token");
	else
		on_verdict(call, verdict, NULL);
}

static void on_request(struct request *req, void *arg)
{
	const struct front *front = arg;
	struct entry *entry = request_user(req);
	struct api_call *call = &entry->call;
	struct auth_key key;
	enum auth_verdict verdict;

	if (call->route->scope == ROUTE_PUBLIC || entry->trusted) {
		call->route->handler(call);
		return;
	}
	if (entry->is_nobody) {
		verdict = auth_check_nobody(front->auth, clock_mono_ms(), &entry->wait,
					    on_nobody, call, &key);
		on_nobody(call, verdict, &key);
		return;
	}
	if (entry->has_token)
		verdict = auth_check_session(front->auth, entry->token, clock_mono_ms(),
					     &entry->wait, on_verdict, call, &key);
	else
		verdict = auth_check(front->auth, authorization(req), clock_mono_ms(),
				     &entry->wait, on_verdict, call, &key);
	on_verdict(call, verdict, &key);
}

const struct server_ops front_ops = { on_head, on_request };
