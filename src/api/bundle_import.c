/*
 * bundle_import.c - POST /api/v2/import: the good of a bundle in one commit
 *
 * The body is a bundle, or stock's {"bundle", selections, secrets}. What is selected is
 * stored item by item: one that is bad is named and spoils nothing; one that this build
 * cannot execute is stored, with what is wrong. An MCP server that is there already is
 * left as it is, as stock does it.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/def_kind.h"
#include "api/def_port.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "defs/defs_file.h"
#include "defs/defs_secrets.h"
#include "engine/step_types.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define NOWHERE (-1) /* it is not stored: broken, or not selected */

struct import {
	struct api_call *call;
	struct json *body; /* NULL when it is the bundle itself */
	struct defs_file file;
	int *places; /* of each item in puts, or NOWHERE */
	bool *selected;
	struct store_definition_new *puts;
	size_t count;
};

static void import_free(struct import *import)
{
	defs_file_deinit(&import->file);
	jsonr_free(import->body);
	mem_free(import->places);
	mem_free(import->puts);
	mem_free(import->selected);
	mem_free(import);
}

/* Without such a list everything is selected. */
static bool is_selected(const struct json *body, const struct defs_item *item)
{
	static const char *const lists[STORE_DEFINITION_KINDS] = {
		[STORE_ORCHESTRATION] = "selected_orchestration_ids",
		[STORE_AGENT] = "selected_agent_ids",
		[STORE_TOOL] = "selected_custom_tool_names",
		[STORE_MCP_SERVER] = "selected_mcp_server_names",
	};
	const struct json *list = jsonr_get(body, lists[item->kind]);
	const char *name = jsonr_get_text(item->doc, "name");
	size_t i;

	if (jsonr_type(list) == JSONR_NULL)
		return true;
	for (i = 0; i < jsonr_count(list); i++) {
		const char *wanted = jsonr_text(jsonr_at(list, i));

		if (wanted &&
		    (strcmp(wanted, item->id) == 0 ||
		     (item->kind == STORE_TOOL && name && strcmp(wanted, name) == 0)))
			return true;
	}
	return false;
}

/* The item's text with the secrets that the request has for it. */
static void print_item(const struct json *body, const struct defs_item *item,
		       struct str *out)
{
	const char *name = jsonr_get_text(item->doc, "name");
	const struct json *pairs = NULL;
	const char *token = NULL;

	if (item->kind == STORE_TOOL)
		pairs = jsonr_get(jsonr_get(body, "tool_secrets"), name);
	if (item->kind == STORE_MCP_SERVER) {
		pairs = jsonr_get(jsonr_get(body, "mcp_secrets"), name);
		token = jsonr_get_text(jsonr_get(body, "mcp_tokens"), name);
	}
	defs_secrets_fill(item->doc, pairs, token, out);
}

static void add_item(struct import *import, size_t i)
{
	const struct api_call *call = import->call;
	const struct defs_item *item = &import->file.items[i];
	struct str text = STR_INIT;
	struct store_definition_new put = {
		.kind = item->kind,
		.id = item->id,
		.name = item->name,
		.description = item->description,
		.tenant_id = call->key_tenant ? call->key_tenant : call->default_tenant,
		.only_tenant = call->key_tenant,
		.expect = item->kind == STORE_MCP_SERVER ? STORE_EXPECT_NONE
							 : STORE_EXPECT_ANY,
	};

	import->places[i] = NOWHERE;
	import->selected[i] = is_selected(import->body, item);
	if (item->broken || !import->selected[i])
		return;
	print_item(import->body, item, &text);
	put.definition = arena_dup_n(request_arena(call->req), str_text(&text), text.len);
	import->places[i] = (int)import->count;
	import->puts[import->count++] = put;
	str_deinit(&text);
}

/* -- the answer -- */

static const char *status_of(const struct store_put *put)
{
	switch (put->outcome) {
	case STORE_PUT_STORED:
		return put->created ? "created" : "updated";
	case STORE_PUT_SAME:
		return "unchanged";
	case STORE_PUT_EXISTS:
		return "skipped";
	case STORE_PUT_NONE:
	case STORE_PUT_CHANGED:
	case STORE_PUT_TENANT:
	case STORE_PUT_BAD:
	case STORE_PUT_DELETED:
	case STORE_PUT_NEWER:
		break;
	}
	return "error";
}

static const char *message_of(const struct store_put *put)
{
	if (put->outcome == STORE_PUT_TENANT)
		return errors_detail(ERRORS_TENANT);
	if (put->outcome == STORE_PUT_EXISTS)
		return "there is a server of this name already";
	return put->detail ? put->detail : "";
}

static bool print_result(struct jsonw *w, const struct defs_item *item,
			 const struct store_put *put)
{
	bool named = item->kind == STORE_TOOL || item->kind == STORE_MCP_SERVER;
	const char *status = put ? status_of(put) : "error";
	struct str list = STR_INIT;

	jsonw_object(w);
	jsonw_pair_text(w, "id", item->id);
	jsonw_pair_text(w, "name",
			named ? jsonr_get_text(item->doc, "name") : item->name);
	if (named)
		jsonw_pair_text(w, "label", item->name);
	jsonw_pair_text(w, "status", status);
	jsonw_pair_text(w, "message", put ? message_of(put) : "it cannot be stored");
	if (put && put->version > 0)
		jsonw_pair_int(w, "version", put->version);
	def_kind_print_problems(&item->problems, false, item->where, &list);
	jsonw_pair_raw(w, "problems", str_text(&list), list.len);
	jsonw_object_end(w);
	str_deinit(&list);
	return strcmp(status, "error") != 0;
}

/* How many of that kind are bad. */
static size_t print_kind(const struct import *import, const struct store_put *puts,
			 enum store_definition_kind kind, struct jsonw *w)
{
	size_t i, bad = 0;

	jsonw_array(w);
	for (i = 0; i < import->file.count; i++) {
		const struct defs_item *item = &import->file.items[i];

		if (item->kind != kind || !import->selected[i])
			continue;
		bad += !print_result(
			w, item,
			import->places[i] == NOWHERE ? NULL : &puts[import->places[i]]);
	}
	jsonw_array_end(w);
	return bad;
}

static void on_stored(void *arg, enum errors_code error, const struct store_put *puts)
{
	static const struct {
		const char *key;
		enum store_definition_kind kind;
	} lists[] = {
		{ "orchestrations", STORE_ORCHESTRATION },
		{ "agents", STORE_AGENT },
		{ "mcp_servers", STORE_MCP_SERVER },
		{ "custom_tools", STORE_TOOL },
	};
	struct import *import = arg;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i, bad = 0;

	if (error != ERRORS_NONE) {
		errors_send(import->call->req, error, NULL);
		import_free(import);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_key(&w, "results");
	jsonw_object(&w);
	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		jsonw_key(&w, lists[i].key);
		bad += print_kind(import, puts, lists[i].kind, &w);
	}
	jsonw_object_end(&w);
	jsonw_pair_text(&w, "status", bad ? "partial" : "success");
	jsonw_pair_int(&w, "errors", (int64_t)bad);
	jsonw_object_end(&w);
	log_info("definition.imported", LOG_N("items", import->file.count),
		 LOG_N("errors", bad));
	response_json(import->call->req, 200, &body);
	import_free(import);
}

/* -- the request -- */

static void refuse(struct api_call *call, const char *type, const char *message)
{
	struct body_faults faults = { .count = 0 };
	struct body_at at = { NULL, "body", 0 };

	body_fault(&faults, &at, type, message);
	body_faults_send(call->req, &faults);
	body_faults_deinit(&faults);
}

/* The bundle inside the body or the body itself, read into *import. */
static bool read_bundle(struct import *import)
{
	struct api_call *call = import->call;
	struct body_faults faults = { .count = 0 };
	struct json *doc = NULL, *bundle = NULL;
	struct str text = STR_INIT;
	size_t len;
	const char *body = request_body(call->req, &len);
	struct err err;
	int rc;

	if (!body_parse(&faults, body, len, 0, &doc)) {
		body_faults_send(call->req, &faults);
		body_faults_deinit(&faults);
		return false;
	}
	request_body_drop(call->req);
	if (jsonr_type(jsonr_get(doc, "bundle")) == JSONR_OBJECT) {
		import->body = doc;
		jsonr_print(jsonr_get(doc, "bundle"), &text);
		rc = jsonr_parse(str_text(&text), text.len, &bundle, NULL, NULL, &err);
		str_deinit(&text);
		if (rc < 0) {
			refuse(call, "json_invalid", err.text);
			return false;
		}
	} else {
		bundle = doc;
	}
	if (!jsonr_bool(jsonr_get(bundle, "synapse_export"))) {
		refuse(call, "bundle", "a bundle has \"synapse_export\": true");
		jsonr_free(bundle);
		return false;
	}
	if (defs_file_take(bundle, STORE_ORCHESTRATION, step_types_rules(), &import->file,
			   &err) < 0) {
		refuse(call, "bundle", err.text);
		return false;
	}
	return true;
}

void bundle_import_post(struct api_call *call)
{
	const struct def_port *defs = call->port->defs;
	struct import *import = mem_new(struct import);
	size_t i;

	import->call = call;
	if (!read_bundle(import)) {
		import_free(import);
		return;
	}
	import->places = mem_new_n(int, import->file.count + 1);
	import->selected = mem_new_n(bool, import->file.count + 1);
	import->puts = mem_new_n(struct store_definition_new, import->file.count + 1);
	for (i = 0; i < import->file.count; i++)
		add_item(import, i);
	if (import->count)
		defs->put(defs->self, import->puts, import->count, on_stored, import);
	else
		on_stored(import, ERRORS_NONE, NULL);
}
