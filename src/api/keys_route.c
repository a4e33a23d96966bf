/*
 * keys_route.c - /api/v2/keys: who may call
 *
 * A key is told once, in the answer that makes it. Only a key that is bound to no tenant
 * may see, make and end keys: one of a tenant could make itself one for all.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/pairs.h"
#include "base/arena.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "server/request.h"
#include "server/response.h"
#include "store/new_key.h"
#include "store/store_keys.h"

#include <string.h>

/* Of this caller, on a host with stores; else the request is answered. */
static bool may(struct api_call *call)
{
	if (!manage_of(call))
		return false;
	if (call->key_tenant)
		errors_send(call->req, ERRORS_TENANT,
			    "a key that is bound to a tenant may not manage keys");
	return !call->key_tenant;
}

/* -- list -- */

static void print_key(struct jsonw *w, const struct store_key *key)
{
	jsonw_object(w);
	jsonw_pair_text(w, "id", key->id);
	jsonw_pair_text(w, "name", key->name);
	jsonw_pair_text(w, "key_prefix", key->key_prefix);
	jsonw_pair_text(w, "tenant_id", key->tenant_id);
	pairs_moment(w, "created_at", key->created_at);
	pairs_moment(w, "last_used_at", key->last_used_at);
	jsonw_pair_bool(w, "is_active", key->is_active);
	jsonw_object_end(w);
}

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct api_call *call = arg;
	struct store_key key;
	struct str body = STR_INIT;
	struct jsonw w;
	int i;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_key(&w, "keys");
	jsonw_array(&w);
	for (i = 0; i < store_keys_count(reply, 0); i++) {
		store_keys_read(reply, 0, i, &key);
		print_key(&w, &key);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void keys_route_list(struct api_call *call)
{
	struct pg_batch *batch;

	if (!may(call))
		return;
	batch = pg_batch_new();
	(void)store_keys_list(batch);
	manage_read(call, batch, on_list, call);
}

/* -- make -- */

struct making {
	struct api_call *call;
	const char *name;
	const char *tenant_id; /* NULL: any */
	struct new_key key;
};

static void on_made(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct making *making = arg;
	struct request *req = making->call->req;
	struct str body = STR_INIT;
	struct jsonw w;

	(void)reply;
	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
	} else {
		/* what was made, never the key itself */
		log_info("key.created", LOG_S("key", making->key.id),
			 LOG_S("tenant", making->tenant_id ? making->tenant_id : "any"),
			 LOG_S("by", making->call->key_id),
			 LOG_S("peer", request_peer(req)));
		jsonw_init(&w, &body);
		jsonw_object(&w);
		jsonw_pair_text(&w, "id", making->key.id);
		jsonw_pair_text(&w, "name", making->name);
		jsonw_pair_text(&w, "tenant_id", making->tenant_id);
		jsonw_pair_text(&w, "key_prefix", making->key.shown);
		jsonw_pair_text(&w, "key", making->key.key);
		jsonw_object_end(&w);
		response_header(req, "Cache-Control", "no-store");
		response_json(req, 201, &body);
	}
	mem_wipe(&making->key, sizeof(making->key));
}

static void read_making(struct body_faults *faults, struct making *making)
{
	const struct body_at at = { NULL, "body", 0 };
	const struct body_at name = { &at, "name", 0 }, tenant = { &at, "tenant_id", 0 };
	struct request *req = making->call->req;
	struct json *doc = NULL;
	const char *text;
	size_t len;

	text = request_body(req, &len);
	if (!body_parse(faults, text, len, 0, &doc))
		return;
	if (jsonr_type(doc) != JSONR_OBJECT) {
		body_fault(faults, &at, "dict_type", "must be an object");
	} else {
		making->name = body_text(faults, &at, doc, "name", NEW_KEY_NAME_MAX,
					 request_arena(req));
		making->tenant_id = body_text(faults, &at, doc, "tenant_id", IDS_MAX - 1,
					      request_arena(req));
		if (!faults->count && (!making->name || !*making->name))
			body_fault(faults, &name, "missing", "Field required");
		if (!faults->count && making->tenant_id && !*making->tenant_id)
			body_fault(faults, &tenant, "string_length",
				   "should have 1 to 255 bytes; null is any tenant");
	}
	jsonr_free(doc);
}

void keys_route_make(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	struct making *making;
	struct pg_batch *batch;

	if (!may(call))
		return;
	making = arena_new(request_arena(call->req), struct making);
	making->call = call;
	read_making(&faults, making);
	if (faults.count > 0) {
		body_faults_send(call->req, &faults);
	} else {
		new_key_make(&making->key);
		batch = pg_batch_new();
		(void)store_keys_create(batch, making->key.id, making->name,
					making->key.hash, making->key.shown,
					making->tenant_id);
		manage_read(call, batch, on_made, making);
	}
	body_faults_deinit(&faults);
}

/* -- revoke -- */

static void on_revoked(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error == ERRORS_NONE && pg_reply_affected(reply, 0) == 0)
		error = ERRORS_NO_API_KEY;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	log_info("key.revoked", LOG_S("key", call->params[0]), LOG_S("by", call->key_id),
		 LOG_S("peer", request_peer(call->req)));
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", "revoked");
	jsonw_pair_text(&w, "id", call->params[0]);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void keys_route_revoke(struct api_call *call)
{
	struct pg_batch *batch;

	if (!may(call))
		return;
	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_API_KEY, NULL);
		return;
	}
	batch = pg_batch_new();
	(void)store_keys_revoke(batch, call->params[0]);
	manage_read(call, batch, on_revoked, call);
}
