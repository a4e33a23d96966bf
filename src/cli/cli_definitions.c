/*
 * cli_definitions.c - what a file of definitions holds, read and checked
 *
 * Three shapes: one orchestration, a list of them (stock's orchestrations.json), or a
 * bundle. Each orchestration is checked twice: whether it can be read at all (if not, it
 * is broken and must not be stored), and whether this build can run it (if not, that is
 * for the caller to judge: a fleet may store what only its newer workers run). An agent
 * needs an id and a name and is not looked into.
 */
#include "cli/cli_definitions.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/agent.h"
#include "run/definition.h"

#include <stdio.h>
#include <string.h>

static void read_orchestration(struct cli_definitions *all, struct cli_definition *item,
			       const struct definition_rules *rules, size_t len)
{
	struct definition *definition = NULL;

	if (definition_parse(item->json, len, &definition, &item->problems) < 0) {
		item->broken = true;
		return;
	}
	/* a copy: the definition goes */
	item->id = arena_dup(&all->arena, definition->id);
	item->name = arena_dup(&all->arena, definition->name);
	item->description = arena_dup(
		&all->arena, definition->description ? definition->description : "");
	(void)definition_validate(definition, rules, &item->problems);
	definition_unref(definition);
}

/* A text member of 1..max bytes; NULL and a problem otherwise. */
static const char *need_text(struct cli_definitions *all, struct cli_definition *item,
			     const struct json *value, const char *key, size_t max)
{
	const char *text = jsonr_get_text(value, key);

	if (text && text[0] && jsonr_text_len(jsonr_get(value, key)) <= max &&
	    strlen(text) == jsonr_text_len(jsonr_get(value, key)))
		return arena_dup(&all->arena, text);
	problem_add(&item->problems, key, "%s is a text of 1 to %zu bytes", key, max);
	item->broken = true;
	return "";
}

static void read_agent(struct cli_definitions *all, struct cli_definition *item,
		       const struct json *value)
{
	struct agent *agent = NULL;

	if (jsonr_type(value) != JSONR_OBJECT) {
		problem_add(&item->problems, "", "an agent is an object");
		item->broken = true;
		return;
	}
	item->id = need_text(all, item, value, "id", DEFINITION_ID_MAX);
	item->name = need_text(all, item, value, "name", DEFINITION_NAME_MAX);
	if (!item->broken &&
	    agent_parse(item->json, strlen(item->json), &agent, &item->problems) == 0)
		agent_unref(agent);
}

static void read_item(struct cli_definitions *all, const struct json *value,
		      enum store_definition_kind kind, const char *where,
		      const struct definition_rules *rules)
{
	struct cli_definition *item = &all->items[all->count++];
	struct str text = STR_INIT;

	*item = (struct cli_definition){
		.kind = kind, .where = where, .id = "", .name = ""
	};
	problem_init(&item->problems);
	jsonr_print(value, &text);
	item->json = arena_dup_n(&all->arena, str_text(&text), text.len);
	if (kind == STORE_ORCHESTRATION)
		read_orchestration(all, item, rules, text.len);
	else
		read_agent(all, item, value);
	str_deinit(&text);
}

static void read_list(struct cli_definitions *all, const struct json *list,
		      const char *name, enum store_definition_kind kind,
		      const struct definition_rules *rules)
{
	size_t i;

	for (i = 0; i < jsonr_count(list); i++)
		read_item(all, jsonr_at(list, i), kind,
			  arena_printf(&all->arena, "%s/%zu", name, i), rules);
}

/* A member of a bundle: absent, null or a list. */
static int bundle_list(const struct json *doc, const char *key, const struct json **ret,
		       struct err *err)
{
	*ret = jsonr_get(doc, key);
	if (*ret && jsonr_type(*ret) != JSONR_ARRAY)
		return err_set(err, ERR_INPUT, "%s of a bundle is a list", key);
	return 0;
}

static int read_bundle(struct cli_definitions *all, const struct json *doc,
		       const struct definition_rules *rules, struct err *err)
{
	const struct json *orchestrations = NULL, *agents = NULL;
	const struct json *tools = NULL, *servers = NULL;
	int rc = bundle_list(doc, "orchestrations", &orchestrations, err);

	if (rc == 0)
		rc = bundle_list(doc, "agents", &agents, err);
	if (rc == 0)
		rc = bundle_list(doc, "custom_tools", &tools, err);
	if (rc == 0)
		rc = bundle_list(doc, "mcp_servers", &servers, err);
	if (rc < 0)
		return rc;
	if (jsonr_count(orchestrations) + jsonr_count(agents) > CLI_DEFINITIONS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d definitions",
			       CLI_DEFINITIONS_MAX);
	all->shape = CLI_DEFINITIONS_BUNDLE;
	all->items = mem_new_n(struct cli_definition,
			       jsonr_count(orchestrations) + jsonr_count(agents));
	all->left_out = jsonr_count(tools) + jsonr_count(servers);
	read_list(all, orchestrations, "/orchestrations", STORE_ORCHESTRATION, rules);
	read_list(all, agents, "/agents", STORE_AGENT, rules);
	return 0;
}

static int read_document(struct cli_definitions *all, const struct json *doc,
			 const struct definition_rules *rules, struct err *err)
{
	switch (jsonr_type(doc)) {
	case JSONR_OBJECT:
		if (jsonr_bool(jsonr_get(doc, "synapse_export")))
			return read_bundle(all, doc, rules, err);
		all->shape = CLI_DEFINITIONS_ONE;
		all->items = mem_new(struct cli_definition);
		read_item(all, doc, STORE_ORCHESTRATION, "", rules);
		return 0;
	case JSONR_ARRAY:
		if (jsonr_count(doc) > CLI_DEFINITIONS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d definitions",
				       CLI_DEFINITIONS_MAX);
		all->shape = CLI_DEFINITIONS_LIST;
		all->items = mem_new_n(struct cli_definition, jsonr_count(doc));
		read_list(all, doc, "", STORE_ORCHESTRATION, rules);
		return 0;
	case JSONR_NULL:
	case JSONR_BOOL:
	case JSONR_INT:
	case JSONR_DOUBLE:
	case JSONR_STRING:
		break;
	}
	return err_set(
		err, ERR_INPUT,
		"an orchestration, a list of them or a bundle is expected, not a %s",
		jsonr_type_name(jsonr_type(doc)));
}

int cli_definitions_read(const char *text, size_t len,
			 const struct definition_rules *rules,
			 struct cli_definitions *ret, struct err *err)
{
	struct cli_definitions all = { .count = 0 };
	struct json *doc = NULL;
	int rc = jsonr_parse(text, len, &doc, NULL, NULL, err);

	if (rc < 0)
		return err_wrap(err, "not JSON");
	arena_init(&all.arena);
	rc = read_document(&all, doc, rules, err);
	jsonr_free(doc);
	if (rc < 0)
		cli_definitions_deinit(&all);
	else
		*ret = all;
	return rc;
}

void cli_definitions_deinit(struct cli_definitions *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		problem_deinit(&all->items[i].problems);
	mem_free(all->items);
	arena_deinit(&all->arena);
}
