/*
 * http_tool.c - a custom tool of type http (CONTRACT 7.1)
 *
 * Placeholders are replaced in the URL alone: {data} by all arguments as JSON, {data.a.b}
 * and {name} by one; those without a value stay. Values are percent-encoded, or an
 * argument could lead the request to another path; a placeholder at the very start of the
 * URL, which then holds scheme and host, is not (where it may lead to is the egress
 * guard's business). GET and DELETE have the arguments that no placeholder has used in
 * the query, others have all of them as a JSON body.
 */
#include "tools/http_tool.h"

#include "base/jsonr.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES_MAX 255
#define PATH_DEPTH_MAX 32

static const char *const methods[] = { "POST", "GET", "PUT", "PATCH", "DELETE" };

static const char *find_method(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcasecmp(methods[i], name) == 0)
			return methods[i];
	return NULL;
}

static int read_tool(struct http_tool *tool, struct err *err)
{
	const char *type = jsonr_get_text(tool->doc, "tool_type");
	const char *method = jsonr_get_text(tool->doc, "method");

	if (jsonr_type(tool->doc) != JSONR_OBJECT)
		return err_set(err, ERR_INPUT, "its definition is no object");
	if (type && *type && strcmp(type, "http") != 0)
		return err_set(err, ERR_INPUT,
			       "it is of type '%.50s', which is not executed by this "
			       "version",
			       type);
	tool->url = jsonr_get_text(tool->doc, "url");
	if (!tool->url || !*tool->url)
		return err_set(err, ERR_INPUT, "it has no url");
	tool->method = find_method(method && *method ? method : "POST");
	if (!tool->method)
		return err_set(err, ERR_INPUT,
			       "its method '%.50s' is none of GET, POST, PUT, PATCH and "
			       "DELETE",
			       method);
	tool->description = jsonr_get_text(tool->doc, "description");
	if (!tool->description)
		tool->description = "";
	if (jsonr_type(jsonr_get(tool->doc, "inputSchema")) == JSONR_OBJECT)
		tool->schema = jsonr_get(tool->doc, "inputSchema");
	if (jsonr_type(jsonr_get(tool->doc, "headers")) == JSONR_OBJECT)
		tool->headers = jsonr_get(tool->doc, "headers");
	return 0;
}

int http_tool_parse(const char *text, size_t len, struct http_tool *ret, struct err *err)
{
	struct http_tool tool = { 0 };
	int rc = jsonr_parse(text, len, &tool.doc, NULL, NULL, err);

	if (rc == 0)
		rc = read_tool(&tool, err);
	if (rc < 0)
		http_tool_deinit(&tool);
	else
		*ret = tool;
	return rc;
}

void http_tool_deinit(struct http_tool *tool)
{
	jsonr_free(tool->doc);
	tool->doc = NULL;
}

/* ---- the URL ---- */

static void add_encoded(struct str *out, const char *text, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] && strchr(plain, text[i]))
			str_add_char(out, text[i]);
		else
			str_printf(out, "%%%02X", (unsigned char)text[i]);
}

/* A string as it is, anything else as JSON. */
static void add_plain(struct str *out, const struct json *value)
{
	if (jsonr_type(value) == JSONR_STRING)
		str_add(out, jsonr_text(value), jsonr_text_len(value));
	else
		jsonr_print(value, out);
}

struct urling {
	const struct json *arguments;
	struct str *out;
	bool used[1024]; /* by position among the arguments; later ones count as unused */
	bool all_used;   /* {data} stands in the URL */
};

static void mark_used(struct urling *u, const char *name)
{
	struct jsonr_iter it = jsonr_iter(u->arguments);
	size_t i;

	for (i = 0; jsonr_next(&it) && i < sizeof(u->used); i++)
		if (strcmp(it.key, name) == 0)
			u->used[i] = true;
}

/* The value that a placeholder's inside names: "a", "data", "data.a.b". */
static const struct json *find_value(struct urling *u, char *inside, bool *found)
{
	const struct json *value = u->arguments;
	char *name, *save = NULL;
	int depth = 0;

	if (strcmp(inside, "data") == 0) {
		u->all_used = *found = true;
		return value;
	}
	if (strncmp(inside, "data.", 5) != 0) {
		value = jsonr_find(value, inside, found);
		if (*found)
			mark_used(u, inside);
		return value;
	}
	*found = true;
	for (name = strtok_r(inside + 5, ".", &save);
	     name && *found && depth < PATH_DEPTH_MAX;
	     name = strtok_r(NULL, ".", &save), depth++) {
		if (depth == 0)
			mark_used(u, name);
		value = jsonr_find(value, name, found);
	}
	return value;
}

static bool replace(struct urling *u, const char *inside, size_t len, bool first)
{
	char name[NAME_BYTES_MAX + 1];
	const struct json *value;
	struct str text = STR_INIT;
	bool found;

	if (len == 0 || len > NAME_BYTES_MAX)
		return false;
	memcpy(name, inside, len);
	name[len] = '\0';
	value = find_value(u, name, &found);
	if (!found)
		return false;
	add_plain(&text, value);
	if (first)
		str_add(u->out, str_text(&text), text.len);
	else
		add_encoded(u->out, str_text(&text), text.len);
	str_deinit(&text);
	return true;
}

static void add_url(struct urling *u, const char *url)
{
	const char *at = url, *brace, *end;

	while ((brace = strchr(at, '{')) && (end = strchr(brace, '}'))) {
		str_add(u->out, at, (size_t)(brace - at));
		if (replace(u, brace + 1, (size_t)(end - brace - 1), brace == url)) {
			at = end + 1;
		} else {
			str_add_char(u->out, '{');
			at = brace + 1;
		}
	}
	str_add_text(u->out, at);
}

static void add_query(struct urling *u)
{
	struct jsonr_iter it = jsonr_iter(u->arguments);
	char divider = strchr(str_text(u->out), '?') ? '&' : '?';
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; jsonr_next(&it); i++) {
		if (i < sizeof(u->used) && u->used[i])
			continue;
		str_reset(&text, 4096);
		add_plain(&text, it.value);
		str_add_char(u->out, divider);
		add_encoded(u->out, it.key, strlen(it.key));
		str_add_char(u->out, '=');
		add_encoded(u->out, str_text(&text), text.len);
		divider = '&';
	}
	str_deinit(&text);
}

/* ---- headers ---- */

struct heading {
	struct str *lines;
	size_t starts[HTTP_TOOL_HEADERS_MAX + 4];
	size_t count;
};

static void add_line(struct heading *h, const char *name, const char *value)
{
	h->starts[h->count++] = h->lines->len;
	str_printf(h->lines, *value ? "%s: %s" : "%s;%s", name, value);
	str_add_char(h->lines, '\0');
}

static bool is_header(const char *name, const char *value)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789!#$%&'*+-.^_`|~";
	const char *p;

	if (!*name || name[strspn(name, token)])
		return false;
	for (p = value; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return false;
	return true;
}

static bool has(const struct json *headers, const char *name)
{
	struct jsonr_iter it = jsonr_iter(headers);

	while (jsonr_next(&it))
		if (strcasecmp(it.key, name) == 0)
			return true;
	return false;
}

static int add_own(const struct http_tool *tool, struct heading *h, struct err *err)
{
	struct jsonr_iter it = jsonr_iter(tool->headers);
	struct str text = STR_INIT;
	int rc = 0;

	if (jsonr_count(tool->headers) > HTTP_TOOL_HEADERS_MAX)
		return err_set(err, ERR_LIMIT, "it has more than %d headers",
			       HTTP_TOOL_HEADERS_MAX);
	while (rc == 0 && jsonr_next(&it)) {
		str_reset(&text, 4096);
		add_plain(&text, it.value);
		if (!is_header(it.key, str_text(&text)) ||
		    strlen(str_text(&text)) != text.len)
			rc = err_set(err, ERR_INPUT, "its header '%.50s' cannot be sent",
				     it.key);
		else
			add_line(h, it.key, str_text(&text));
	}
	str_deinit(&text);
	return rc;
}

int http_tool_build(const struct http_tool *tool, const struct json *arguments,
		    const char *key, struct http_tool_request *ret, struct err *err)
{
	struct urling u = { .arguments = arguments, .out = &ret->url };
	struct heading h = { .lines = &ret->lines };
	bool in_query =
		strcmp(tool->method, "GET") == 0 || strcmp(tool->method, "DELETE") == 0;
	size_t i;
	int rc;

	add_url(&u, tool->url);
	if (!in_query)
		jsonr_print(arguments, &ret->body);
	else if (!u.all_used)
		add_query(&u);
	rc = add_own(tool, &h, err);
	if (rc < 0)
		return rc;
	if (!in_query && !has(tool->headers, "Content-Type"))
		add_line(&h, "Content-Type", "application/json");
	if (!has(tool->headers, "Accept"))
		add_line(&h, "Accept", "application/json, text/*;q=0.9, */*;q=0.5");
	if (!has(tool->headers, "Idempotency-Key"))
		add_line(&h, "Idempotency-Key", key);
	for (i = 0; i < h.count; i++)
		ret->headers[i] = str_text(&ret->lines) + h.starts[i];
	ret->headers[h.count] = NULL;
	return 0;
}

void http_tool_request_deinit(struct http_tool_request *request)
{
	str_deinit(&request->url);
	str_deinit(&request->body);
	str_deinit(&request->lines);
}
