/*
 * session.c - sign-in to the page: a key for a cookie
 *
 *	POST    /api/session {"key"}   signs in; {} opens a session without a key, on the
 *	                               host itself and while there is no key at all
 *	GET     /api/session           who is signed in; gives a new token each hour
 *	DELETE  /api/session           signs out
 *
 * A session by a key of the host itself is a file of the host (session_host.h). Any other
 * is a row with the token's SHA-256 (store/store_sessions.h), so every replica
 * knows it and a key that is revoked ends it. It is good for 12 hours. A sign-out is in
 * force everywhere with its answer (auth.c remembers no session).
 *
 * Who is "on the host itself" says internal.h.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/cookie.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/internal.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "api/session_host.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_sessions.h"
#include "store/store_time.h"

#include <string.h>

#define SESSION_SEC ((int)12 * 3600)
#define ROTATE_SEC  3600
#define KEY_MAX     255

struct signing {
	struct api_call *call;
	char token[COOKIE_TOKEN_HEX + 1]; /* a new one, or the one that was sent */
	char hash[DIGEST_HEX_SIZE];       /* of the token; "" for none */
	char key_hash[DIGEST_HEX_SIZE];   /* "": no key */
	bool with_key;
};

static struct signing *signing_new(struct api_call *call)
{
	struct signing *signing = arena_new(request_arena(call->req), struct signing);

	signing->call = call;
	return signing;
}

static void new_token(struct signing *signing)
{
	rng_hex(signing->token, COOKIE_TOKEN_HEX);
	(void)digest_sha256(signing->token, COOKIE_TOKEN_HEX, signing->hash);
}

/* A request that names no host is no browser's. */
static bool is_local(const struct api_call *call)
{
	return request_header(call->req, "Host") &&
	       internal_is_this_host(&call->conf->api.cors_origins, call->req);
}

static void answer(struct signing *signing, const struct store_session *session)
{
	struct request *req = signing->call->req;
	bool keys = session->keys || session_host_keys(signing->call);
	struct str body = STR_INIT;
	char buf[STORE_TIME_MAX];
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_bool(&w, "signed_in", session->good);
	jsonw_pair_text(&w, "key_name", session->good ? session->key_name : NULL);
	jsonw_pair_text(&w, "tenant_id", session->good ? session->tenant_id : NULL);
	jsonw_pair_text(&w, "expires_at",
			session->good ? store_time_text(session->expires_at, buf) : NULL);
	jsonw_pair_bool(&w, "keys", keys);
	jsonw_pair_bool(&w, "may_open", !keys && is_local(signing->call));
	jsonw_object_end(&w);
	response_header(req, "Cache-Control", "no-store");
	response_json(req, 200, &body);
}

/* ---- sign in ---- */

static void opened(struct signing *signing, const struct store_session *session)
{
	struct request *req = signing->call->req;

	log_info("session.opened", LOG_S("peer", request_peer(req)),
		 LOG_S("key", session->key_name ? session->key_name : "none"));
	cookie_set(req, signing->token, SESSION_SEC);
	answer(signing, session);
}

/* By a key of the host itself, which Postgres does not know. */
static bool opened_here(struct signing *signing)
{
	struct store_session session = { .good = false };

	if (!session_host_open(signing->call, signing->hash,
			       signing->with_key ? signing->key_hash : NULL, SESSION_SEC,
			       &session))
		return false;
	opened(signing, &session);
	return true;
}

static void refuse(struct signing *signing)
{
	struct request *req = signing->call->req;

	log_warn("session.refused", LOG_S("peer", request_peer(req)));
	errors_send(req, ERRORS_BAD_KEY,
		    signing->with_key ? NULL : "There are keys: sign in with one");
}

static void on_opened(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct signing *signing = arg;
	struct store_session session;

	if (error == ERRORS_NONE && store_sessions_read(reply, 0, &session))
		opened(signing, &session);
	else if (signing->with_key && opened_here(signing))
		return;
	else if (error == ERRORS_NONE)
		refuse(signing);
	else
		errors_send(signing->call->req, error, NULL);
}

/* The hash of the key in the body, "" for none. false: answered. */
static bool read_key(struct signing *signing)
{
	struct request *req = signing->call->req;
	const struct body_at at = { NULL, "body", 0 };
	struct body_faults faults = { .count = 0 };
	struct json *doc = NULL;
	const char *key = NULL;
	const char *text;
	size_t len;

	text = request_body(req, &len);
	if (len && body_parse(&faults, text, len, 0, &doc))
		key = body_text(&faults, &at, doc, "key", KEY_MAX, request_arena(req));
	jsonr_free(doc);
	if (key && *key)
		(void)digest_sha256(key, strlen(key), signing->key_hash);
	if (faults.count)
		body_faults_send(req, &faults);
	body_faults_deinit(&faults);
	return !request_answered(req);
}

void session_post(struct api_call *call)
{
	struct signing *signing = signing_new(call);
	struct pg_batch *batch;

	if (!cookie_is_ours(call->req)) {
		errors_send(call->req, ERRORS_CROSS_SITE, NULL);
		return;
	}
	if (!read_key(signing))
		return;
	signing->with_key = *signing->key_hash != '\0';
	if (!signing->with_key && !is_local(call)) {
		errors_send(call->req, ERRORS_NO_KEY, NULL);
		return;
	}
	new_token(signing);
	if (!call->port->manage) {
		if (!opened_here(signing))
			refuse(signing);
		return;
	}
	if (!signing->with_key && session_host_keys(call)) {
		refuse(signing);
		return;
	}
	batch = pg_batch_new();
	(void)store_sessions_open(batch, signing->hash,
				  signing->with_key ? signing->key_hash : NULL,
				  SESSION_SEC);
	manage_read(call, batch, on_opened, signing);
}

/* ---- who is signed in ---- */

static void on_rotated(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct signing *signing = arg;
	struct request *req = signing->call->req;
	struct store_session session;

	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
		return;
	}
	(void)store_sessions_read(reply, 1, &session);
	if (session.good)
		cookie_set(req, signing->token, SESSION_SEC);
	answer(signing, &session);
}

static void on_got(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct signing *signing = arg;
	struct store_session session;
	char old[DIGEST_HEX_SIZE];
	struct pg_batch *batch;

	if (error != ERRORS_NONE) {
		errors_send(signing->call->req, error, NULL);
		return;
	}
	(void)store_sessions_read(reply, 0, &session);
	if (!session.good || session.age_sec < ROTATE_SEC) {
		answer(signing, &session);
		return;
	}
	memcpy(old, signing->hash, sizeof(old));
	new_token(signing);
	batch = pg_batch_new();
	(void)store_sessions_rotate(batch, old, signing->hash);
	(void)store_sessions_get(batch, signing->hash);
	manage_read(signing->call, batch, on_rotated, signing);
}

/* A session of the host itself, or in standalone mode none. */
static bool got_here(struct signing *signing)
{
	struct store_session session = { .good = false };
	struct api_call *call = signing->call;
	char old[DIGEST_HEX_SIZE];

	if (!session_host_get(call, signing->hash, &session)) {
		session.good = false;
		/* the fleet may have keys, and cannot be asked */
		session.keys = conf_has_stores(call->conf);
		if (!call->port->manage)
			answer(signing, &session);
		return !call->port->manage;
	}
	if (session.age_sec >= ROTATE_SEC) {
		memcpy(old, signing->hash, sizeof(old));
		new_token(signing);
		/* what cannot be written now is tried with the next look */
		if (session_host_rotate(call, old, signing->hash))
			cookie_set(call->req, signing->token, SESSION_SEC);
	}
	answer(signing, &session);
	return true;
}

void session_get(struct api_call *call)
{
	struct signing *signing = signing_new(call);
	struct pg_batch *batch;

	if (cookie_token(call->req, signing->token))
		(void)digest_sha256(signing->token, COOKIE_TOKEN_HEX, signing->hash);
	if (got_here(signing))
		return;
	batch = pg_batch_new();
	(void)store_sessions_get(batch, signing->hash);
	manage_read(call, batch, on_got, signing);
}

/* ---- sign out ---- */

static void signed_out(struct signing *signing)
{
	struct request *req = signing->call->req;
	struct str body = STR_INIT;

	cookie_set(req, "", 0);
	str_add_text(&body, "{\"status\":\"signed_out\"}");
	response_json(req, 200, &body);
}

static void on_ended(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct signing *signing = arg;

	(void)reply;
	if (error != ERRORS_NONE)
		errors_send(signing->call->req, error, NULL);
	else
		signed_out(signing);
}

void session_delete(struct api_call *call)
{
	struct signing *signing = signing_new(call);
	struct pg_batch *batch;

	if (!cookie_is_ours(call->req)) {
		errors_send(call->req, ERRORS_CROSS_SITE, NULL);
		return;
	}
	if (cookie_token(call->req, signing->token))
		(void)digest_sha256(signing->token, COOKIE_TOKEN_HEX, signing->hash);
	session_host_end(call, signing->hash);
	if (!call->port->manage) {
		signed_out(signing);
		return;
	}
	batch = pg_batch_new();
	(void)store_sessions_end(batch, signing->hash);
	manage_read(call, batch, on_ended, signing);
}
