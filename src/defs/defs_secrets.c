/*
 * defs_secrets.c - secrets of tools and MCP servers, left out of what is copied
 *
 * Secret are the values of a tool's headers but for a few that say what a request is, and
 * an MCP server's environment, headers and token. What stands in a URL, in code or among
 * arguments is not known to be one.
 */
#include "defs/defs_secrets.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"

#include <string.h>
#include <strings.h>

bool defs_secrets_plain_header(const char *name)
{
	static const char *const plain[] = {
		"accept",        "accept-charset", "accept-encoding", "accept-language",
		"cache-control", "content-type",   "user-agent",
	};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (strcasecmp(plain[i], name) == 0)
			return true;
	return false;
}

static void add_raw(struct jsonw *w, const char *key, const struct json *value)
{
	struct str text = STR_INIT;

	jsonr_print(value, &text);
	jsonw_pair_raw(w, key, str_text(&text), text.len);
	str_deinit(&text);
}

static bool empty(const struct json *value)
{
	const char *text = jsonr_text(value);

	return jsonr_type(value) == JSONR_NULL || (text && !*text) ||
	       (text && strcmp(text, STORE_DEFINITION_MASK) == 0);
}

struct hiding {
	bool blank;
	defs_secrets_cb hidden;
	void *arg;
};

static void tell(const struct hiding *hiding, const char *member, const char *key,
		 const struct json *value)
{
	struct str name = STR_INIT;

	if (!hiding->hidden || empty(value))
		return;
	str_printf(&name, key ? "%s/%s" : "%s", member, key);
	hiding->hidden(hiding->arg, str_text(&name));
	str_deinit(&name);
}

static void hide_pairs(const struct hiding *hiding, struct jsonw *w, const char *member,
		       const struct json *object)
{
	struct jsonr_iter it = jsonr_iter(object);

	jsonw_key(w, member);
	jsonw_object(w);
	while (jsonr_next(&it)) {
		if (strcmp(member, "headers") == 0 && defs_secrets_plain_header(it.key)) {
			add_raw(w, it.key, it.value);
			continue;
		}
		tell(hiding, member, it.key, it.value);
		jsonw_pair_text(w, it.key, hiding->blank ? "" : STORE_DEFINITION_MASK);
	}
	jsonw_object_end(w);
}

void defs_secrets_hide(enum store_definition_kind kind, const struct json *doc,
		       bool blank, struct str *out, defs_secrets_cb hidden, void *arg)
{
	const struct hiding hiding = { blank, hidden, arg };
	struct jsonr_iter it;
	struct jsonw w;

	if (kind == STORE_ORCHESTRATION || kind == STORE_AGENT) {
		jsonr_print(doc, out);
		return;
	}
	jsonw_init(&w, out);
	jsonw_object(&w);
	it = jsonr_iter(doc);
	while (jsonr_next(&it)) {
		bool pairs = strcmp(it.key, "headers") == 0 || strcmp(it.key, "env") == 0;

		if (pairs && jsonr_type(it.value) == JSONR_OBJECT) {
			hide_pairs(&hiding, &w, it.key, it.value);
		} else if (strcmp(it.key, "token") == 0 && !empty(it.value)) {
			tell(&hiding, it.key, NULL, it.value);
			/* stock exports it so, blanks or not */
			jsonw_pair_text(&w, it.key, STORE_DEFINITION_MASK);
		} else {
			add_raw(&w, it.key, it.value);
		}
	}
	jsonw_object_end(&w);
}

static void keep_pairs(struct jsonw *w, const char *member, const struct json *object,
		       const struct json *old)
{
	struct jsonr_iter it = jsonr_iter(object);

	jsonw_key(w, member);
	jsonw_object(w);
	while (jsonr_next(&it)) {
		bool plain = strcmp(member, "headers") == 0 &&
			     defs_secrets_plain_header(it.key);
		bool masked = !plain && jsonr_text(it.value) && empty(it.value);
		const struct json *was = masked ? jsonr_get(old, it.key) : it.value;

		if (!masked || was)
			add_raw(w, it.key, was);
	}
	jsonw_object_end(w);
}

static bool is_mask(const struct json *value)
{
	const char *text = jsonr_text(value);

	return text && strcmp(text, STORE_DEFINITION_MASK) == 0;
}

void defs_secrets_keep(enum store_definition_kind kind, const struct json *doc,
		       const struct json *old, struct str *out)
{
	struct jsonr_iter it;
	struct jsonw w;

	if (kind == STORE_ORCHESTRATION || kind == STORE_AGENT) {
		jsonr_print(doc, out);
		return;
	}
	jsonw_init(&w, out);
	jsonw_object(&w);
	it = jsonr_iter(doc);
	while (jsonr_next(&it)) {
		bool pairs = strcmp(it.key, "headers") == 0 || strcmp(it.key, "env") == 0;
		const char *was = jsonr_get_text(old, it.key);

		if (pairs && jsonr_type(it.value) == JSONR_OBJECT)
			keep_pairs(&w, it.key, it.value, jsonr_get(old, it.key));
		else if (strcmp(it.key, "token") == 0 && is_mask(it.value))
			jsonw_pair_text(&w, it.key, was ? was : "");
		else
			add_raw(&w, it.key, it.value);
	}
	jsonw_object_end(&w);
}

static void fill_pairs(struct jsonw *w, const char *member, const struct json *object,
		       const struct json *pairs)
{
	struct jsonr_iter it = jsonr_iter(object);

	jsonw_key(w, member);
	jsonw_object(w);
	while (jsonr_next(&it)) {
		const char *secret = jsonr_get_text(pairs, it.key);

		if (secret && *secret)
			jsonw_pair_text(w, it.key, secret);
		else
			add_raw(w, it.key, it.value);
	}
	jsonw_object_end(w);
}

void defs_secrets_fill(const struct json *doc, const struct json *pairs,
		       const char *token, struct str *out)
{
	struct jsonr_iter it;
	struct jsonw w;

	if (jsonr_type(doc) != JSONR_OBJECT) {
		jsonr_print(doc, out);
		return;
	}
	jsonw_init(&w, out);
	jsonw_object(&w);
	it = jsonr_iter(doc);
	while (jsonr_next(&it)) {
		bool list = strcmp(it.key, "headers") == 0 || strcmp(it.key, "env") == 0;

		if (list && jsonr_type(it.value) == JSONR_OBJECT)
			fill_pairs(&w, it.key, it.value, pairs);
		else if (token && strcmp(it.key, "token") == 0)
			jsonw_pair_text(&w, it.key, token);
		else
			add_raw(&w, it.key, it.value);
	}
	jsonw_object_end(&w);
}
