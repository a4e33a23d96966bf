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

/* Says what a request is and not who sends it (migration 8 has the same list). */
static bool is_plain_header(const char *name)
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

/* One way of copying a definition: what becomes of each secret place. */
struct copying {
	/* a member of headers or env */
	void (*pair)(void *arg, struct jsonw *w, const char *list, const char *name,
		     const struct json *value);
	/* the token; false: it is none of this copying's business */
	bool (*token)(void *arg, struct jsonw *w, const struct json *value);
	void *arg;
};

static void copy_pairs(const struct copying *copying, struct jsonw *w, const char *list,
		       const struct json *object)
{
	struct jsonr_iter it = jsonr_iter(object);

	jsonw_key(w, list);
	jsonw_object(w);
	while (jsonr_next(&it))
		copying->pair(copying->arg, w, list, it.key, it.value);
	jsonw_object_end(w);
}

static void copy(const struct copying *copying, const struct json *doc, struct str *out)
{
	struct jsonr_iter it;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	it = jsonr_iter(doc);
	while (jsonr_next(&it)) {
		bool list = strcmp(it.key, "headers") == 0 || strcmp(it.key, "env") == 0;

		if (list && jsonr_type(it.value) == JSONR_OBJECT)
			copy_pairs(copying, &w, it.key, it.value);
		else if (strcmp(it.key, "token") != 0 ||
			 !copying->token(copying->arg, &w, it.value))
			add_raw(&w, it.key, it.value);
	}
	jsonw_object_end(&w);
}

static bool has_secrets(enum store_definition_kind kind)
{
	return kind != STORE_ORCHESTRATION && kind != STORE_AGENT;
}

static bool is_plain(const char *list, const char *name)
{
	return strcmp(list, "headers") == 0 && is_plain_header(name);
}

/* ---- hide ---- */

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

static void hide_pair(void *arg, struct jsonw *w, const char *list, const char *name,
		      const struct json *value)
{
	const struct hiding *hiding = arg;

	if (is_plain(list, name)) {
		add_raw(w, name, value);
		return;
	}
	tell(hiding, list, name, value);
	jsonw_pair_text(w, name, hiding->blank ? "" : STORE_DEFINITION_MASK);
}

static bool hide_token(void *arg, struct jsonw *w, const struct json *value)
{
	if (empty(value))
		return false;
	tell(arg, "token", NULL, value);
	/* stock exports it so, blanks or not */
	jsonw_pair_text(w, "token", STORE_DEFINITION_MASK);
	return true;
}

void defs_secrets_hide(enum store_definition_kind kind, const struct json *doc,
		       bool blank, struct str *out, defs_secrets_cb hidden, void *arg)
{
	struct hiding hiding = { blank, hidden, arg };
	const struct copying copying = { hide_pair, hide_token, &hiding };

	if (has_secrets(kind))
		copy(&copying, doc, out);
	else
		jsonr_print(doc, out);
}

/* ---- keep ---- */

struct keeping {
	const struct json *old;
};

static void keep_pair(void *arg, struct jsonw *w, const char *list, const char *name,
		      const struct json *value)
{
	const struct keeping *keeping = arg;
	bool masked = !is_plain(list, name) && jsonr_text(value) && empty(value);
	const struct json *was =
		masked ? jsonr_get(jsonr_get(keeping->old, list), name) : value;

	if (was)
		add_raw(w, name, was);
}

static bool keep_token(void *arg, struct jsonw *w, const struct json *value)
{
	const struct keeping *keeping = arg;
	const char *text = jsonr_text(value);
	const char *was = jsonr_get_text(keeping->old, "token");

	if (!text || strcmp(text, STORE_DEFINITION_MASK) != 0)
		return false;
	jsonw_pair_text(w, "token", was ? was : "");
	return true;
}

void defs_secrets_keep(enum store_definition_kind kind, const struct json *doc,
		       const struct json *old, struct str *out)
{
	struct keeping keeping = { old };
	const struct copying copying = { keep_pair, keep_token, &keeping };

	if (has_secrets(kind))
		copy(&copying, doc, out);
	else
		jsonr_print(doc, out);
}

/* All in front of a URL's path: of whom it asks. One that is none is taken whole. */
static size_t origin_len(const char *url)
{
	const char *host = url + strcspn(url, "/?#");

	if (strncmp(host, "//", 2) != 0)
		return strlen(url);
	host += 2;
	return (size_t)(host - url) + strcspn(host, "/?#");
}

static bool same_origin(const char *url, const char *old)
{
	size_t len = origin_len(url);

	return old && origin_len(old) == len && strncasecmp(url, old, len) == 0;
}

static bool keeps_header(const struct json *doc, const struct json *old)
{
	const struct json *before = jsonr_get(old, "headers");
	struct jsonr_iter it = jsonr_iter(jsonr_get(doc, "headers"));

	while (jsonr_next(&it)) {
		const struct json *was = jsonr_get(before, it.key);

		if (!is_plain_header(it.key) && jsonr_text(it.value) && empty(it.value) &&
		    was && !empty(was))
			return true;
	}
	return false;
}

bool defs_secrets_astray(enum store_definition_kind kind, const struct json *doc,
			 const struct json *old)
{
	const char *url = jsonr_get_text(doc, "url");
	const char *token = jsonr_get_text(doc, "token");
	const struct json *was = jsonr_get(old, "token");

	if (!has_secrets(kind) || !old || !url || !*url ||
	    same_origin(url, jsonr_get_text(old, "url")))
		return false;
	return keeps_header(doc, old) ||
	       (token && strcmp(token, STORE_DEFINITION_MASK) == 0 && was && !empty(was));
}

/* ---- fill ---- */

struct filling {
	const struct json *pairs;
	const char *token;
};

static void fill_pair(void *arg, struct jsonw *w, const char *list, const char *name,
		      const struct json *value)
{
	const struct filling *filling = arg;
	const char *secret = jsonr_get_text(filling->pairs, name);

	(void)list;
	if (secret && *secret)
		jsonw_pair_text(w, name, secret);
	else
		add_raw(w, name, value);
}

static bool fill_token(void *arg, struct jsonw *w, const struct json *value)
{
	const struct filling *filling = arg;

	(void)value;
	if (filling->token)
		jsonw_pair_text(w, "token", filling->token);
	return filling->token != NULL;
}

void defs_secrets_fill(const struct json *doc, const struct json *pairs,
		       const char *token, struct str *out)
{
	struct filling filling = { pairs, token };
	const struct copying copying = { fill_pair, fill_token, &filling };

	if (jsonr_type(doc) == JSONR_OBJECT)
		copy(&copying, doc, out);
	else
		jsonr_print(doc, out);
}
