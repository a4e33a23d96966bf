/*
 * def_read.c - tools and MCP servers as they may be shown, and versions of all kinds
 *
 * Secrets are masked by the database (migration 8), so none of them comes here. A key
 * that is bound to a tenant sees tools and servers of its own and of the default tenant,
 * which are everybody's.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/def_kind.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/pairs.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/units.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"

#include <stdint.h>
#include <string.h>

#define TRIES         3
#define VERSIONS_PAGE 50
#define VERSIONS_MAX  200

struct reading {
	struct api_call *call;
	enum store_definition_kind kind;
	int statement;
	int64_t version;
	int limit;
	int tries;
};

static struct reading *reading_new(struct api_call *call)
{
	struct reading *reading = arena_new(request_arena(call->req), struct reading);

	reading->call = call;
	reading->kind = def_kind_of(call->req);
	return reading;
}

static bool may_see(const struct api_call *call, const char *tenant_id)
{
	return api_call_sees(call, tenant_id) ||
	       strcmp(tenant_id, call->default_tenant) == 0;
}

static void print_item(struct jsonw *w, enum store_definition_kind kind,
		       const struct store_definition_item *item)
{
	jsonw_object(w);
	if (kind == STORE_TOOL)
		jsonw_pair_text(w, "id", item->id);
	jsonw_pair_text(w, "name", kind == STORE_TOOL ? item->name : item->id);
	if (kind == STORE_MCP_SERVER)
		jsonw_pair_text(w, "label", item->name);
	else
		jsonw_pair_text(w, "description", item->description);
	jsonw_pair_text(w, kind == STORE_TOOL ? "tool_type" : "server_type", item->type);
	jsonw_pair_text(w, "tenant_id", item->tenant_id);
	pairs_moment(w, "updated_at", item->updated_at);
	jsonw_object_end(w);
}

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct store_definition_item item;
	struct str body = STR_INIT;
	struct jsonw w;
	int i;

	if (error != ERRORS_NONE) {
		errors_send(reading->call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_array(&w);
	for (i = 0; i < store_definitions_list_count(reply, reading->statement); i++) {
		store_definitions_list_read(reply, reading->statement, i, &item);
		if (may_see(reading->call, item.tenant_id))
			print_item(&w, reading->kind, &item);
	}
	jsonw_array_end(&w);
	response_json(reading->call->req, 200, &body);
}

void def_read_list(struct api_call *call)
{
	struct reading *reading;
	struct pg_batch *batch;

	if (!manage_of(call))
		return;
	reading = reading_new(call);
	batch = pg_batch_new();
	reading->statement = store_definitions_list(batch, reading->kind);
	manage_read(call, batch, on_list, reading);
}

static void read_one(struct reading *reading);

static void on_one(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct request *req = reading->call->req;
	struct store_definition found = { .definition = NULL };

	if (error == ERRORS_NONE) {
		switch (store_definitions_get_read(reply, reading->statement, &found)) {
		case STORE_DEFINITION_AGAIN:
			if (reading->tries < TRIES) {
				read_one(reading);
				return;
			}
			error = ERRORS_BUSY;
			break;
		case STORE_DEFINITION_NONE:
			error = ERRORS_NO_DEFINITION;
			break;
		case STORE_DEFINITION_FOUND:
			if (!may_see(reading->call, found.tenant_id))
				error = ERRORS_NO_DEFINITION;
			break;
		}
	}
	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
		return;
	}
	def_kind_etag(req, found.version);
	response_text(req, 200, "application/json", found.definition,
		      strlen(found.definition));
}

static void read_one(struct reading *reading)
{
	struct pg_batch *batch = pg_batch_new();

	reading->tries++;
	reading->statement =
		store_definitions_get(batch, reading->kind, reading->call->params[0]);
	manage_read(reading->call, batch, on_one, reading);
}

void def_read_get(struct api_call *call)
{
	if (!manage_of(call))
		return;
	if (api_call_id_ok(call->params[0]))
		read_one(reading_new(call));
	else
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
}

/* -- versions -- */

static void on_versions(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct store_version version = { .version = 0 };
	struct str body = STR_INIT;
	struct jsonw w;
	int i, count;

	if (error != ERRORS_NONE) {
		errors_send(reading->call->req, error, NULL);
		return;
	}
	count = store_definitions_versions_count(reply, reading->statement);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_key(&w, "versions");
	jsonw_array(&w);
	for (i = 0; i < count && i < reading->limit; i++) {
		store_definitions_versions_read(reply, reading->statement, i, &version);
		jsonw_object(&w);
		jsonw_pair_int(&w, "version", version.version);
		pairs_moment(&w, "created_at", version.created_at);
		jsonw_pair_int(&w, "bytes", version.bytes);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_key(&w, "next"); /* below which the page behind begins */
	if (count > reading->limit)
		jsonw_int(&w, version.version);
	else
		jsonw_null(&w);
	jsonw_object_end(&w);
	response_json(reading->call->req, 200, &body);
}

void def_read_versions(struct api_call *call)
{
	struct body_faults faults = { .count = 0 };
	struct reading *reading;
	struct pg_batch *batch;
	int64_t below;

	if (!manage_of(call))
		return;
	reading = reading_new(call);
	reading->limit = (int)body_query_int(&faults, call->req, "limit", 1, VERSIONS_MAX,
					     VERSIONS_PAGE);
	below = body_query_int(&faults, call->req, "before", 1, INT64_MAX, INT64_MAX);
	if (faults.count) {
		body_faults_send(call->req, &faults);
		body_faults_deinit(&faults);
		return;
	}
	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
		return;
	}
	batch = pg_batch_new();
	reading->statement = store_definitions_versions(
		batch, reading->kind, call->params[0], below, reading->limit + 1);
	manage_read(call, batch, on_versions, reading);
}

static void on_version(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct store_definition found = { .definition = NULL };

	if (error == ERRORS_NONE &&
	    !store_definitions_version_read(reply, reading->statement, &found))
		error = ERRORS_NO_DEFINITION;
	if (error != ERRORS_NONE) {
		errors_send(reading->call->req, error, NULL);
		return;
	}
	def_kind_etag(reading->call->req, found.version);
	response_text(reading->call->req, 200, "application/json", found.definition,
		      strlen(found.definition));
}

void def_read_version(struct api_call *call)
{
	struct reading *reading;
	struct pg_batch *batch;
	int64_t version;

	if (!manage_of(call))
		return;
	reading = reading_new(call);
	if (!api_call_id_ok(call->params[0]) ||
	    units_parse_int(call->params[1], &version) < 0 || version < 1) {
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
		return;
	}
	batch = pg_batch_new();
	reading->statement =
		store_definitions_version(batch, reading->kind, call->params[0], version);
	manage_read(call, batch, on_version, reading);
}
