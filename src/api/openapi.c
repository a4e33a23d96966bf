/*
 * openapi.c - GET /openapi.json: what the routes are, as OpenAPI 3.1
 *
 * Paths, methods and who needs a key come from the table of routes, so the document
 * cannot forget one; what stands in requests and answers is openapi.json of this folder,
 * by method and pattern. tests/blackbox/test_openapi.py holds both against the server.
 */
#include "api/api_call.h"
#include "api/api_text.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/routes.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/response.h"

#include <stdbool.h>
#include <string.h>

/* What a "*" behind this segment is called. */
static const struct {
	const char *segment, *name;
} names[] = {
	{ "runs", "run_id" },       { "orchestrations", "orchestration_id" },
	{ "agents", "agent_id" },   { "tools", "tool_id" },
	{ "mcp-servers", "name" },  { "versions", "version" },
	{ "chat", "session_id" },   { "dead-letters", "letter_id" },
	{ "queues", "queue_name" }, { "schedules", "schedule_id" },
	{ "ui", "file" },           { "tenants", "tenant_id" },
	{ "workers", "worker_id" }, { "keys", "key_id" },
	{ "api-keys", "key_id" },   { "logs", "run_id" },
};

static const char *const methods[] = {
	[REQUEST_GET] = "GET", [REQUEST_HEAD] = "HEAD",   [REQUEST_POST] = "POST",
	[REQUEST_PUT] = "PUT", [REQUEST_PATCH] = "PATCH", [REQUEST_DELETE] = "DELETE",
};

static const char *name_behind(const char *segment, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].segment) == len &&
		    memcmp(names[i].segment, segment, len) == 0)
			return names[i].name;
	return "id";
}

/* "/a/{id}/b" of "/a/", "*" and "/b"; with w: its parameters, in order. */
static void write_path(const char *pattern, struct str *path, struct jsonw *w)
{
	const char *before = "";
	size_t before_len = 0;

	while (*pattern == '/') {
		size_t len = strcspn(++pattern, "/");
		const char *name = name_behind(before, before_len);

		if (path)
			str_add_char(path, '/');
		if (len == 1 && *pattern == '*') {
			if (path)
				str_printf(path, "{%s}", name);
			if (w) {
				jsonw_object(w);
				jsonw_pair_text(w, "name", name);
				jsonw_pair_text(w, "in", "path");
				jsonw_pair_bool(w, "required", true);
				jsonw_pair_raw(w, "schema", "{\"type\":\"string\"}", 17);
				jsonw_object_end(w);
			}
		} else if (path) {
			str_add(path, pattern, len);
		}
		before = pattern;
		before_len = len;
		pattern += len;
	}
}

static void write_json(struct jsonw *w, const struct json *value)
{
	struct str text = STR_INIT;

	jsonr_print(value, &text);
	jsonw_raw(w, str_text(&text), text.len);
	str_deinit(&text);
}

static void write_operation(struct jsonw *w, const struct route *route,
			    const struct json *operations)
{
	const struct json *operation, *parameters;
	struct str key = STR_INIT;
	struct jsonr_iter it;
	size_t i;

	str_printf(&key, "%s %s", methods[route->method], route->pattern);
	operation = jsonr_get(operations, str_text(&key));
	parameters = jsonr_get(operation, "parameters");
	str_reset(&key, 64);
	for (i = 0; methods[route->method][i]; i++)
		str_add_char(&key, (char)(methods[route->method][i] | 0x20));
	jsonw_key(w, str_text(&key));
	jsonw_object(w);
	jsonw_key(w, "parameters");
	jsonw_array(w);
	write_path(route->pattern, NULL, w);
	for (i = 0; i < jsonr_count(parameters); i++)
		write_json(w, jsonr_at(parameters, i));
	jsonw_array_end(w);
	jsonw_key(w, "security");
	jsonw_raw(w, route->scope == ROUTE_PUBLIC ? "[]" : "[{\"key\":[]}]",
		  route->scope == ROUTE_PUBLIC ? 2 : 12);
	it = jsonr_iter(operation);
	while (operation && jsonr_next(&it)) {
		if (strcmp(it.key, "parameters") == 0)
			continue;
		jsonw_key(w, it.key);
		write_json(w, it.value);
	}
	jsonw_object_end(w);
	str_deinit(&key);
}

/* Is this the first row of its pattern? */
static bool is_first(size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (strcmp(routes_at(i)->pattern, routes_at(at)->pattern) == 0)
			return false;
	return true;
}

static void write_paths(struct jsonw *w, const struct json *operations)
{
	const struct route *route;
	size_t i, k;

	for (i = 0; routes_at(i); i++) {
		struct str path = STR_INIT;

		if (!is_first(i))
			continue;
		write_path(routes_at(i)->pattern, &path, NULL);
		jsonw_key(w, str_text(&path));
		str_deinit(&path);
		jsonw_object(w);
		for (k = i; (route = routes_at(k)); k++)
			if (strcmp(route->pattern, routes_at(i)->pattern) == 0)
				write_operation(w, route, operations);
		jsonw_object_end(w);
	}
}

static bool build(struct str *out)
{
	const struct embed *text = &api_text_texts[API_TEXT_OPENAPI];
	struct json *doc;
	struct jsonw w;

	if (jsonr_parse(text->text, text->len, &doc, NULL, NULL, NULL) < 0)
		return false;
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "openapi", "3.1.0");
	jsonw_key(&w, "info");
	jsonw_object(&w);
	jsonw_pair_text(&w, "title", "synapsed");
	jsonw_pair_text(&w, "version", PACKAGE_VERSION);
	jsonw_object_end(&w);
	jsonw_key(&w, "paths");
	jsonw_object(&w);
	write_paths(&w, jsonr_get(doc, "operations"));
	jsonw_object_end(&w);
	jsonw_key(&w, "components");
	write_json(&w, jsonr_get(doc, "components"));
	jsonw_object_end(&w);
	jsonr_free(doc);
	return true;
}

void openapi_get(struct api_call *call)
{
	struct str body = STR_INIT;

	if (build(&body)) {
		response_json(call->req, 200, &body);
		return;
	}
	str_deinit(&body);
	errors_send(call->req, ERRORS_INTERNAL, NULL);
}
