/*
 * bundle_export.c - GET and POST /api/v2/export: definitions as a bundle
 *
 * As stock writes it: values of environments and headers are blank, tokens are its
 * placeholder. What a GET has is everything.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/def_port.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/moment.h"
#include "base/str.h"
#include "defs/defs_file.h"
#include "defs/defs_secrets.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>
#include <strings.h>

static void print_now(struct jsonw *w, const char *key)
{
	char now[MOMENT_MAX];

	jsonw_pair_text(w, key, moment_text_sec(clock_wall_ms(), now));
}

static bool is_python(const struct json *doc)
{
	const char *type = jsonr_get_text(doc, "tool_type");

	return type && strcasecmp(type, "python") == 0;
}

/* All of one kind as a list; whether one of them is a tool in Python. */
static bool print_kind(const struct def_text *texts, size_t n,
		       enum store_definition_kind wanted, struct jsonw *w)
{
	bool python = false;
	size_t i;

	jsonw_array(w);
	for (i = 0; i < n; i++) {
		const char *text = texts[i].text;
		struct str shown = STR_INIT;
		struct json *doc = NULL;
		struct err err;

		if (texts[i].kind != wanted)
			continue;
		/* jsonb prints what jsonr reads, but for numbers beyond its range */
		if (jsonr_parse(text, strlen(text), &doc, NULL, NULL, &err) < 0)
			continue;
		defs_secrets_hide(wanted, doc, true, &shown, NULL, NULL);
		python = python || is_python(doc);
		jsonw_raw(w, str_text(&shown), shown.len);
		jsonr_free(doc);
		str_deinit(&shown);
	}
	jsonw_array_end(w);
	return python;
}

static void on_read(void *arg, enum errors_code error, const struct def_text *texts,
		    size_t n)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;
	bool python;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_bool(&w, "synapse_export", true);
	jsonw_pair_text(&w, "version", "1.0");
	print_now(&w, "exported_at");
	jsonw_key(&w, "orchestrations");
	(void)print_kind(texts, n, STORE_ORCHESTRATION, &w);
	jsonw_key(&w, "agents");
	(void)print_kind(texts, n, STORE_AGENT, &w);
	jsonw_key(&w, "mcp_servers");
	(void)print_kind(texts, n, STORE_MCP_SERVER, &w);
	jsonw_key(&w, "custom_tools");
	python = print_kind(texts, n, STORE_TOOL, &w);
	jsonw_pair_bool(&w, "has_python_tools", python);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

/* A list of texts of the body, in the request's arena. */
static void read_ids(struct body_faults *faults, const struct json *doc, const char *key,
		     struct arena *arena, const char *const **ids, size_t *count)
{
	const struct json *list = jsonr_get(doc, key);
	struct body_at body = { NULL, "body", 0 }, at = { &body, key, 0 };
	const char **texts;
	size_t i;

	*count = 0;
	if (jsonr_type(list) == JSONR_NULL)
		return;
	if (jsonr_type(list) != JSONR_ARRAY || jsonr_count(list) > DEFS_FILE_ITEMS_MAX) {
		body_fault(faults, &at, "list_type", "Input should be a valid list");
		return;
	}
	texts = arena_new_n(arena, const char *, jsonr_count(list) + 1);
	for (i = 0; i < jsonr_count(list); i++) {
		struct body_at item = { &at, NULL, (int64_t)i };
		const char *text = jsonr_text(jsonr_at(list, i));

		if (!text || jsonr_has_nul(jsonr_at(list, i)))
			body_fault(faults, &item, "string_type",
				   "Input should be a valid string");
		else
			texts[(*count)++] = arena_dup(arena, text);
	}
	*ids = texts;
}

static void read_selection(struct body_faults *faults, struct api_call *call,
			   struct store_export *ask)
{
	static const char *const keys[STORE_DEFINITION_KINDS] = {
		[STORE_ORCHESTRATION] = "orchestration_ids",
		[STORE_AGENT] = "agent_ids",
		[STORE_TOOL] = "custom_tool_names",
		[STORE_MCP_SERVER] = "mcp_server_names",
	};
	struct json *doc = NULL;
	size_t len;
	const char *text = request_body(call->req, &len);
	int i;

	if (!body_parse(faults, text, len, 0, &doc))
		return;
	for (i = 0; i < STORE_DEFINITION_KINDS; i++)
		read_ids(faults, doc, keys[i], request_arena(call->req), &ask->ids[i],
			 &ask->counts[i]);
	jsonr_free(doc);
}

static void start(struct api_call *call, struct store_export *ask)
{
	const struct def_port *defs = call->port->defs;

	ask->only_tenant = call->key_tenant;
	ask->common_tenant = call->default_tenant;
	ask->limit = DEFS_FILE_ITEMS_MAX;
	defs->export(defs->self, ask, on_read, call);
}

void bundle_export_get(struct api_call *call)
{
	struct store_export ask = { .all = true };

	start(call, &ask);
}

void bundle_export_post(struct api_call *call)
{
	struct body_faults faults = { .count = 0 };
	struct store_export ask = { .all = false };

	read_selection(&faults, call, &ask);
	if (faults.count)
		body_faults_send(call->req, &faults);
	else
		start(call, &ask);
	body_faults_deinit(&faults);
}
