/*
 * keys_route.c - /api/v2/keys: who may call
 *
 * A key is told once, in the answer that makes it. Only a key that is bound to no tenant
 * may see, make and end keys: one of a tenant could make itself one for all.
 *
 * /api/settings/api-keys is the same in the forms of stock's page (CONTRACT 1.2), which
 * knows no tenants, and no keys that have ended.
 *
 * Where there are stores a key is the fleet's; without, it is this host's, in the stock
 * file of its data folder, which is local and BLOCKING for as long as a small file takes
 * to be written. For another writer of the folder nothing stands still
 * (file_patience.h).
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/file_patience.h"
#include "api/handlers.h"
#include "api/key_files.h"
#include "api/manage.h"
#include "api/pairs.h"
#include "api/routes.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "server/request.h"
#include "server/response.h"
#include "store/files_keys.h"
#include "store/new_key.h"
#include "store/store_keys.h"

#include <string.h>

static bool may(struct api_call *call)
{
	if (call->key_tenant)
		errors_send(call->req, ERRORS_TENANT,
			    "a key that is bound to a tenant may not manage keys");
	return !call->key_tenant;
}

static bool is_stock(const struct api_call *call)
{
	return strncmp(call->route->pattern, "/api/settings/", 14) == 0;
}

static bool in_files(const struct api_call *call)
{
	return !call->port->manage;
}

static enum errors_code file_error(int rc, const struct err *err)
{
	if (rc >= 0)
		return ERRORS_NONE;
	log_warn("key.file_failed", LOG_S("error", err->text));
	return rc == ERR_CONFLICT ? ERRORS_BUSY : ERRORS_DISK;
}

/* -- list -- */

struct listing {
	struct file_patience wait; /* of files */
	struct api_call *call;
	struct str body;
	struct jsonw w;
};

static void list_begin(struct listing *listing)
{
	jsonw_init(&listing->w, &listing->body);
	if (!is_stock(listing->call)) {
		jsonw_object(&listing->w);
		jsonw_key(&listing->w, "keys");
	}
	jsonw_array(&listing->w);
}

static void list_end(struct listing *listing, enum errors_code error)
{
	jsonw_array_end(&listing->w);
	if (!is_stock(listing->call))
		jsonw_object_end(&listing->w);
	if (error == ERRORS_NONE) {
		response_json(listing->call->req, 200, &listing->body);
		return;
	}
	str_deinit(&listing->body);
	errors_send(listing->call->req, error, NULL);
}

/* Moments as Postgres prints them, or as they stand in the file. */
static void print_key(struct listing *listing, const struct store_key *key,
		      void (*moment)(struct jsonw *w, const char *name, const char *at))
{
	struct jsonw *w = &listing->w;
	bool stock = is_stock(listing->call);

	if (stock && !key->is_active)
		return;
	if (stock)
		moment = pairs_stamp;
	jsonw_object(w);
	jsonw_pair_text(w, "id", key->id);
	jsonw_pair_text(w, "name", key->name);
	jsonw_pair_text(w, "key_prefix", key->key_prefix);
	if (!stock)
		jsonw_pair_text(w, "tenant_id", key->tenant_id);
	moment(w, "created_at", key->created_at);
	moment(w, "last_used_at", key->last_used_at);
	jsonw_pair_bool(w, "is_active", key->is_active);
	jsonw_object_end(w);
}

static void on_file_key(void *arg, const struct store_key *key)
{
	print_key(arg, key, jsonw_pair_text);
}

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct listing listing = { .call = arg, .body = STR_INIT };
	struct store_key key;
	int i;

	list_begin(&listing);
	for (i = 0; error == ERRORS_NONE && i < store_keys_count(reply, 0); i++) {
		store_keys_read(reply, 0, i, &key);
		print_key(&listing, &key, pairs_moment);
	}
	list_end(&listing, error);
}

static int try_list(struct file_patience *wait, struct err *err)
{
	struct listing *listing = list_entry(wait, struct listing, wait);

	return files_keys_each(listing->call->conf->data_dir, 0, on_file_key, listing,
			       err);
}

static void on_listed(struct file_patience *wait, int rc, const struct err *err)
{
	list_end(list_entry(wait, struct listing, wait), file_error(rc, err));
}

static void list_files(struct api_call *call)
{
	struct listing *listing = arena_new(request_arena(call->req), struct listing);

	listing->call = call;
	listing->wait.attempt = try_list;
	listing->wait.over = on_listed;
	list_begin(listing);
	file_patience_start(&listing->wait, call->loop);
}

void keys_route_list(struct api_call *call)
{
	struct pg_batch *batch;

	if (!may(call))
		return;
	if (in_files(call)) {
		list_files(call);
		return;
	}
	batch = pg_batch_new();
	(void)store_keys_list(batch);
	manage_read(call, batch, on_list, call);
}

/* -- make -- */

struct making {
	struct file_patience wait; /* of files */
	struct api_call *call;
	const char *name;
	const char *tenant_id; /* NULL: any */
	struct new_key key;
};

static void made(struct making *making, enum errors_code error)
{
	struct request *req = making->call->req;
	bool stock = is_stock(making->call);
	char now[MOMENT_MAX];
	struct str body = STR_INIT;
	struct jsonw w;

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
		if (stock)
			jsonw_pair_text(&w, "created_at",
					moment_text_sec(clock_wall_ms(), now));
		else
			jsonw_pair_text(&w, "tenant_id", making->tenant_id);
		jsonw_pair_text(&w, "key_prefix", making->key.shown);
		jsonw_pair_text(&w, "key", making->key.key);
		jsonw_object_end(&w);
		response_header(req, "Cache-Control", "no-store");
		response_json(req, stock ? 200 : 201, &body);
	}
	mem_wipe(&making->key, sizeof(making->key));
}

static void on_made(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	(void)reply;
	made(arg, error);
}

static int try_make(struct file_patience *wait, struct err *err)
{
	struct making *making = list_entry(wait, struct making, wait);
	const struct new_key *key = &making->key;

	return files_keys_add(making->call->conf->data_dir, 0, key->id, making->name,
			      key->hash, key->shown, making->tenant_id, err);
}

static void on_file_made(struct file_patience *wait, int rc, const struct err *err)
{
	struct making *making = list_entry(wait, struct making, wait);

	key_files_changed(making->call->own_keys);
	made(making, file_error(rc, err));
}

static void make_key(struct making *making)
{
	struct api_call *call = making->call;
	const struct new_key *key = &making->key;
	struct pg_batch *batch;

	new_key_make(&making->key);
	if (in_files(call)) {
		making->wait.attempt = try_make;
		making->wait.over = on_file_made;
		file_patience_start(&making->wait, call->loop);
		return;
	}
	batch = pg_batch_new();
	(void)store_keys_create(batch, key->id, making->name, key->hash, key->shown,
				making->tenant_id);
	manage_read(call, batch, on_made, making);
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
		if (!making->name && is_stock(making->call))
			making->name = "Unnamed Key";
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

	if (!may(call))
		return;
	making = arena_new(request_arena(call->req), struct making);
	making->call = call;
	read_making(&faults, making);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		make_key(making);
	body_faults_deinit(&faults);
}

/* -- revoke -- */

/* n: keys that were ended. */
static void revoked(struct api_call *call, enum errors_code error, int64_t n)
{
	struct str body = STR_INIT;
	struct jsonw w;

	if (error == ERRORS_NONE && n == 0)
		error = ERRORS_NO_API_KEY;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	log_info("key.revoked", LOG_S("key", call->params[0]), LOG_S("by", call->key_id),
		 LOG_S("peer", request_peer(call->req)));
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", is_stock(call) ? "deleted" : "revoked");
	jsonw_pair_text(&w, "id", call->params[0]);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

/* In this host's own file as well, before anybody hears of it: that is what is asked as
 * soon as Postgres is away. Other hosts look for themselves (key_ends.c). */
static void end_here(struct api_call *call)
{
	struct err err;
	int rc = files_keys_revoke(call->conf->data_dir, 0, call->params[0], &err);

	if (call->own_keys)
		key_files_changed(call->own_keys);
	if (rc < 0 && rc != ERR_CONFLICT) /* a writer: the next look of key_ends.c */
		(void)file_error(rc, &err);
}

static void on_revoked(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	int64_t n = error == ERRORS_NONE ? pg_reply_affected(reply, 0) : 0;

	if (n > 0)
		end_here(arg);
	revoked(arg, error, n);
}

struct revoking {
	struct file_patience wait;
	struct api_call *call;
};

static int try_revoke(struct file_patience *wait, struct err *err)
{
	struct api_call *call = list_entry(wait, struct revoking, wait)->call;

	return files_keys_revoke(call->conf->data_dir, 0, call->params[0], err);
}

static void on_file_revoked(struct file_patience *wait, int rc, const struct err *err)
{
	struct api_call *call = list_entry(wait, struct revoking, wait)->call;

	key_files_changed(call->own_keys);
	revoked(call, file_error(rc, err), rc);
}

static void revoke_in_files(struct api_call *call)
{
	struct revoking *revoking = arena_new(request_arena(call->req), struct revoking);

	revoking->call = call;
	revoking->wait.attempt = try_revoke;
	revoking->wait.over = on_file_revoked;
	file_patience_start(&revoking->wait, call->loop);
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
	if (in_files(call)) {
		revoke_in_files(call);
		return;
	}
	batch = pg_batch_new();
	(void)store_keys_revoke(batch, call->params[0]);
	manage_read(call, batch, on_revoked, call);
}
