/*
 * defs_check.c - whether a definition's document is one, kind by kind
 *
 * Two measures. What has no id, no name or is no object cannot be stored. What has them
 * and is wrong otherwise can be stored and not be used: a fleet may keep what only its
 * newer workers execute, and a bundle is not spoilt by one of its parts. Who saves a
 * single definition refuses both.
 */
#include "defs/defs_check.h"

#include "base/arena.h"
#include "base/jsonr.h"
#include "run/agent.h"
#include "run/definition.h"
#include "run/problem.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define POINTER_MAX 400

/* A text member of 1..max bytes; "" and a problem otherwise. */
static const char *need_text(struct arena *arena, const struct json *doc, const char *key,
			     size_t max, struct problems *problems)
{
	const char *text = jsonr_get_text(doc, key);
	char where[POINTER_MAX];

	if (text && text[0] && jsonr_text_len(jsonr_get(doc, key)) <= max)
		return arena_dup(arena, text);
	(void)snprintf(where, sizeof(where), "/%s", key);
	problem_add(problems, where, "%s is a text of 1 to %zu bytes", key, max);
	return "";
}

static const char *or_empty(struct arena *arena, const struct json *doc, const char *key)
{
	const char *text = jsonr_get_text(doc, key);

	return text ? arena_dup(arena, text) : "";
}

static void want_type(const struct json *doc, const char *key, enum jsonr_type type,
		      const char *what, struct problems *problems)
{
	const struct json *value = jsonr_get(doc, key);
	char where[POINTER_MAX];

	if (jsonr_type(value) == JSONR_NULL || jsonr_type(value) == type)
		return;
	(void)snprintf(where, sizeof(where), "/%s", key);
	problem_add(problems, where, "%s is %s", key, what);
}

static void want_texts(const struct json *doc, const char *key, struct problems *problems)
{
	const struct json *list = jsonr_get(doc, key);
	char where[POINTER_MAX];
	size_t i;

	want_type(doc, key, JSONR_ARRAY, "a list of texts", problems);
	for (i = 0; i < jsonr_count(list) && jsonr_type(list) == JSONR_ARRAY; i++) {
		if (jsonr_text(jsonr_at(list, i)))
			continue;
		(void)snprintf(where, sizeof(where), "/%s/%zu", key, i);
		problem_add(problems, where, "each of %s is a text", key);
	}
}

static void want_pairs(const struct json *doc, const char *key, struct problems *problems)
{
	const struct json *object = jsonr_get(doc, key);
	struct jsonr_iter it;
	char where[POINTER_MAX];

	want_type(doc, key, JSONR_OBJECT, "an object of texts", problems);
	if (jsonr_type(object) != JSONR_OBJECT)
		return;
	it = jsonr_iter(object);
	while (jsonr_next(&it)) {
		if (jsonr_text(it.value))
			continue;
		(void)snprintf(where, sizeof(where), "/%s/%.300s", key, it.key);
		problem_add(problems, where, "each of %s is a text", key);
	}
}

static void want_word(const struct json *doc, const char *key, const char *const *words,
		      struct problems *problems)
{
	const char *text = jsonr_get_text(doc, key);
	char where[POINTER_MAX];
	size_t i;

	want_type(doc, key, JSONR_STRING, "a text", problems);
	if (!text)
		return;
	for (i = 0; words[i]; i++)
		if (strcasecmp(words[i], text) == 0)
			return;
	(void)snprintf(where, sizeof(where), "/%s", key);
	problem_add(problems, where, "%s has no meaning here", key);
}

static bool check_orchestration(const struct json *doc, const char *text, size_t len,
				const struct definition_rules *rules, struct arena *arena,
				struct defs_head *ret, struct problems *problems)
{
	struct definition *definition = NULL;

	ret->id = or_empty(arena, doc, "id"); /* so that a broken one is named */
	if (definition_parse(text, len, &definition, problems) < 0)
		return false;
	/* a copy: the definition goes */
	ret->id = arena_dup(arena, definition->id);
	ret->name = arena_dup(arena, definition->name);
	ret->description =
		arena_dup(arena, definition->description ? definition->description : "");
	(void)definition_validate(definition, rules, problems);
	definition_unref(definition);
	return true;
}

static bool check_agent(const struct json *doc, const char *text, size_t len,
			struct arena *arena, struct defs_head *ret,
			struct problems *problems)
{
	struct agent *agent = NULL;

	ret->id = need_text(arena, doc, "id", DEFINITION_ID_MAX, problems);
	ret->name = need_text(arena, doc, "name", DEFINITION_NAME_MAX, problems);
	if (!*ret->id || !*ret->name)
		return false;
	ret->description = or_empty(arena, doc, "description");
	if (agent_parse(text, len, &agent, problems) == 0)
		agent_unref(agent);
	return true;
}

static bool check_tool(const struct json *doc, struct arena *arena, struct defs_head *ret,
		       struct problems *problems)
{
	static const char *const types[] = { "http", "python", NULL };
	static const char *const methods[] = { "GET",   "POST",   "PUT",
					       "PATCH", "DELETE", NULL };
	const char *name = need_text(arena, doc, "name", DEFINITION_ID_MAX, problems);
	const char *id = or_empty(arena, doc, "id");
	const char *label = or_empty(arena, doc, "generalName");
	const char *type = jsonr_get_text(doc, "tool_type");

	ret->id = *id ? id : name;
	ret->name = *label ? label : name; /* as a stock sync has it */
	if (!*name)
		return false;
	if (strlen(ret->id) > DEFINITION_ID_MAX ||
	    strlen(ret->name) > DEFINITION_NAME_MAX) {
		problem_add(problems, "", "id has at most %d bytes and generalName %d",
			    DEFINITION_ID_MAX, DEFINITION_NAME_MAX);
		return false;
	}
	ret->description = or_empty(arena, doc, "description");
	want_word(doc, "tool_type", types, problems);
	want_word(doc, "method", methods, problems);
	want_type(doc, "inputSchema", JSONR_OBJECT, "an object", problems);
	want_type(doc, "outputSchema", JSONR_OBJECT, "an object", problems);
	want_pairs(doc, "headers", problems);
	if (type && strcasecmp(type, "python") == 0)
		(void)need_text(arena, doc, "code", DEFINITION_BYTES_MAX, problems);
	else
		(void)need_text(arena, doc, "url", 8192, problems);
	return true;
}

static bool check_server(const struct json *doc, struct arena *arena,
			 struct defs_head *ret, struct problems *problems)
{
	static const char *const types[] = { "stdio", "remote", NULL };
	const char *type = jsonr_get_text(doc, "server_type");
	const char *label = or_empty(arena, doc, "label");

	ret->id = need_text(arena, doc, "name", DEFINITION_ID_MAX, problems);
	ret->name = *label ? label : ret->id;
	if (!*ret->id)
		return false;
	if (strlen(ret->name) > DEFINITION_NAME_MAX) {
		problem_add(problems, "/label", "label has at most %d bytes",
			    DEFINITION_NAME_MAX);
		return false;
	}
	want_word(doc, "server_type", types, problems);
	want_texts(doc, "args", problems);
	want_pairs(doc, "env", problems);
	want_pairs(doc, "headers", problems);
	want_type(doc, "token", JSONR_STRING, "a text", problems);
	want_type(doc, "enabled", JSONR_BOOL, "true or false", problems);
	if (type && strcasecmp(type, "remote") == 0)
		(void)need_text(arena, doc, "url", 8192, problems);
	else
		(void)need_text(arena, doc, "command", 4096, problems);
	return true;
}

bool defs_check(enum store_definition_kind kind, const struct json *doc, const char *text,
		size_t len, const struct definition_rules *rules, struct arena *arena,
		struct defs_head *ret, struct problems *problems)
{
	*ret = (struct defs_head){ .id = "", .name = "", .description = "" };
	if (jsonr_type(doc) != JSONR_OBJECT) {
		problem_add(problems, "", "a definition is an object");
		return false;
	}
	if (len > DEFINITION_BYTES_MAX) {
		problem_add(problems, "", "a definition has at most %d bytes",
			    DEFINITION_BYTES_MAX);
		return false;
	}
	if (jsonr_has_nul(doc)) {
		problem_add(problems, "",
			    "a text of it holds U+0000, which is not stored");
		return false;
	}
	switch (kind) {
	case STORE_ORCHESTRATION:
		return check_orchestration(doc, text, len, rules, arena, ret, problems);
	case STORE_AGENT:
		return check_agent(doc, text, len, arena, ret, problems);
	case STORE_TOOL:
		return check_tool(doc, arena, ret, problems);
	case STORE_MCP_SERVER:
		return check_server(doc, arena, ret, problems);
	case STORE_DEFINITION_KINDS:
		break;
	}
	return false;
}
