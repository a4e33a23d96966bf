/*
 * def_read.c - tools and MCP servers as they may be shown, and versions of all kinds
 *
 * Secrets are masked by who keeps them (def_port.h). A key that is bound to a tenant sees
 * tools and servers of its own and of the default tenant, which are everybody's.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/def_kind.h"
#include "api/def_port.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/pairs.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/units.h"
#include "server/request.h"
#include "server/response.h"

#include <stdint.h>
#include <string.h>

#define VERSIONS_PAGE 50
#define VERSIONS_MAX  200

struct reading {
	struct api_call *call;
	enum store_definition_kind kind;
	int limit;
	int64_t below, version;
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

static void on_list(void *arg, enum errors_code error,
		    const struct store_definition_item *items, size_t n)
{
	struct reading *reading = arg;
	struct list_answer list;
	size_t i;

	if (!list_answer_begin(&list, reading->call->req, error, NULL))
		return;
	for (i = 0; i < n; i++)
		if (may_see(reading->call, items[i].tenant_id))
			print_item(&list.w, reading->kind, &items[i]);
	list_answer_send(&list);
}

void def_read_list(struct api_call *call)
{
	const struct def_port *defs = call->port->defs;
	struct reading *reading = reading_new(call);

	defs->list(defs->self, reading->kind, on_list, reading);
}

static void send_found(struct reading *reading, const struct store_definition *found)
{
	struct request *req = reading->call->req;

	def_kind_etag(req, found->version);
	response_text(req, 200, "application/json", found->definition,
		      strlen(found->definition));
}

static void on_one(void *arg, enum errors_code error,
		   const struct store_definition *found)
{
	struct reading *reading = arg;

	if (error == ERRORS_NONE && !may_see(reading->call, found->tenant_id))
		error = ERRORS_NO_DEFINITION;
	if (error == ERRORS_NONE)
		send_found(reading, found);
	else
		errors_send(reading->call->req, error, NULL);
}

void def_read_get(struct api_call *call)
{
	const struct def_port *defs = call->port->defs;
	struct reading *reading = reading_new(call);

	if (api_call_id_ok(call->params[0]))
		defs->get(defs->self, reading->kind, call->params[0], 0, on_one, reading);
	else
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
}

/* -- versions -- */

static void on_versions(void *arg, enum errors_code error,
			const struct store_version *versions, size_t n)
{
	struct reading *reading = arg;
	size_t limit = (size_t)reading->limit, i;
	struct list_answer list;
	struct jsonw *w = &list.w;

	if (!list_answer_begin(&list, reading->call->req, error, "versions"))
		return;
	for (i = 0; i < n && i < limit; i++) {
		jsonw_object(w);
		jsonw_pair_int(w, "version", versions[i].version);
		pairs_moment(w, "created_at", versions[i].created_at);
		jsonw_pair_int(w, "bytes", versions[i].bytes);
		jsonw_object_end(w);
	}
	list_answer_items_end(&list);
	jsonw_key(w, "next"); /* below which the page behind begins */
	if (n > limit)
		jsonw_int(w, versions[limit - 1].version);
	else
		jsonw_null(w);
	list_answer_send(&list);
}

static void ask_versions(struct reading *reading)
{
	const struct def_port *defs = reading->call->port->defs;

	defs->versions(defs->self, reading->kind, reading->call->params[0],
		       reading->below, reading->limit + 1, on_versions, reading);
}

static void on_version(void *arg, enum errors_code error,
		       const struct store_definition *found)
{
	struct reading *reading = arg;

	if (error == ERRORS_NONE)
		send_found(reading, found);
	else
		errors_send(reading->call->req, error, NULL);
}

static void ask_version(struct reading *reading)
{
	const struct def_port *defs = reading->call->port->defs;

	defs->get(defs->self, reading->kind, reading->call->params[0], reading->version,
		  on_version, reading);
}

static void ask(struct reading *reading)
{
	if (reading->version)
		ask_version(reading);
	else
		ask_versions(reading);
}

/* Versions have no tenant: it is the definition's as it is now. */
static void on_whose(void *arg, enum errors_code error,
		     const struct store_definition *found)
{
	struct reading *reading = arg;

	if (error == ERRORS_NONE && !may_see(reading->call, found->tenant_id))
		error = ERRORS_NO_DEFINITION;
	if (error == ERRORS_NONE)
		ask(reading);
	else
		errors_send(reading->call->req, error, NULL);
}

static void start(struct reading *reading)
{
	struct api_call *call = reading->call;
	const struct def_port *defs = call->port->defs;

	if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
	else if (call->key_tenant &&
		 (reading->kind == STORE_TOOL || reading->kind == STORE_MCP_SERVER))
		defs->get(defs->self, reading->kind, call->params[0], 0, on_whose,
			  reading);
	else
		ask(reading);
}

void def_read_versions(struct api_call *call)
{
	struct body_faults faults = { .count = 0 };
	struct reading *reading = reading_new(call);

	reading->limit = (int)body_query_int(&faults, call->req, "limit", 1, VERSIONS_MAX,
					     VERSIONS_PAGE);
	reading->below =
		body_query_int(&faults, call->req, "before", 1, INT64_MAX, INT64_MAX);
	if (faults.count)
		body_faults_send(call->req, &faults);
	else
		start(reading);
	body_faults_deinit(&faults);
}

void def_read_version(struct api_call *call)
{
	struct reading *reading = reading_new(call);

	if (units_parse_int(call->params[1], &reading->version) < 0 ||
	    reading->version < 1)
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
	else
		start(reading);
}
