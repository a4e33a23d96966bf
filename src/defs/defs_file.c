/*
 * defs_file.c - what a file of definitions holds, read and checked
 *
 * Three shapes: one definition, a list of them (the files of stock's data folder), or a
 * bundle. Each is checked twice (defs_check.c): whether it can be stored at all, and
 * whether this build can use it, which is for the caller to judge.
 */
#include "defs/defs_file.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "defs/defs_check.h"

static const struct {
	const char *key;
	enum store_definition_kind kind;
} lists[] = {
	{ "orchestrations", STORE_ORCHESTRATION },
	{ "agents", STORE_AGENT },
	{ "custom_tools", STORE_TOOL },
	{ "mcp_servers", STORE_MCP_SERVER },
};

#define LISTS (sizeof(lists) / sizeof(*lists))

static void read_item(struct defs_file *all, const struct json *value,
		      enum store_definition_kind kind, const char *where,
		      const struct definition_rules *rules)
{
	struct defs_item *item = &all->items[all->count++];
	struct str text = STR_INIT;
	struct defs_head head;

	*item = (struct defs_item){ .kind = kind, .where = where, .doc = value };
	problem_init(&item->problems);
	jsonr_print(value, &text);
	item->json = arena_dup_n(&all->arena, str_text(&text), text.len);
	item->broken = !defs_check(kind, value, item->json, text.len, rules, &all->arena,
				   &head, &item->problems);
	item->id = head.id;
	item->name = head.name;
	item->description = head.description;
	str_deinit(&text);
}

static void read_list(struct defs_file *all, const struct json *list, const char *name,
		      enum store_definition_kind kind,
		      const struct definition_rules *rules)
{
	size_t i;

	for (i = 0; i < jsonr_count(list); i++)
		read_item(all, jsonr_at(list, i), kind,
			  arena_printf(&all->arena, "%s/%zu", name, i), rules);
}

static int read_bundle(struct defs_file *all, const struct json *doc,
		       const struct definition_rules *rules, struct err *err)
{
	const struct json *found[LISTS];
	size_t i, count = 0;

	for (i = 0; i < LISTS; i++) {
		found[i] = jsonr_get(doc, lists[i].key); /* absent, null or a list */
		if (found[i] && jsonr_type(found[i]) != JSONR_ARRAY)
			return err_set(err, ERR_INPUT, "%s of a bundle is a list",
				       lists[i].key);
		count += jsonr_count(found[i]);
	}
	if (count > DEFS_FILE_ITEMS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d definitions",
			       DEFS_FILE_ITEMS_MAX);
	all->shape = DEFS_FILE_BUNDLE;
	all->items = mem_new_n(struct defs_item, count + 1);
	for (i = 0; i < LISTS; i++)
		read_list(all, found[i], arena_printf(&all->arena, "/%s", lists[i].key),
			  lists[i].kind, rules);
	return 0;
}

static int read_document(struct defs_file *all, const struct json *doc,
			 enum store_definition_kind kind,
			 const struct definition_rules *rules, struct err *err)
{
	switch (jsonr_type(doc)) {
	case JSONR_OBJECT:
		if (jsonr_bool(jsonr_get(doc, "synapse_export")))
			return read_bundle(all, doc, rules, err);
		all->shape = DEFS_FILE_ONE;
		all->items = mem_new(struct defs_item);
		read_item(all, doc, kind, "", rules);
		return 0;
	case JSONR_ARRAY:
		if (jsonr_count(doc) > DEFS_FILE_ITEMS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d definitions",
				       DEFS_FILE_ITEMS_MAX);
		all->shape = DEFS_FILE_LIST;
		all->items = mem_new_n(struct defs_item, jsonr_count(doc) + 1);
		read_list(all, doc, "", kind, rules);
		return 0;
	case JSONR_NULL:
	case JSONR_BOOL:
	case JSONR_INT:
	case JSONR_DOUBLE:
	case JSONR_STRING:
		break;
	}
	return err_set(err, ERR_INPUT,
		       "a definition, a list of them or a bundle is expected, not a %s",
		       jsonr_type_name(jsonr_type(doc)));
}

int defs_file_take(struct json *doc, enum store_definition_kind kind,
		   const struct definition_rules *rules, struct defs_file *ret,
		   struct err *err)
{
	struct defs_file all = { .doc = doc };
	int rc;

	arena_init(&all.arena);
	rc = read_document(&all, doc, kind, rules, err);
	if (rc < 0)
		defs_file_deinit(&all);
	else
		*ret = all;
	return rc;
}

int defs_file_read(const char *text, size_t len, enum store_definition_kind kind,
		   const struct definition_rules *rules, struct defs_file *ret,
		   struct err *err)
{
	struct json *doc = NULL;

	if (jsonr_parse(text, len, &doc, NULL, NULL, err) < 0)
		return err_wrap(err, "not JSON");
	return defs_file_take(doc, kind, rules, ret, err);
}

void defs_file_deinit(struct defs_file *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		problem_deinit(&all->items[i].problems);
	mem_free(all->items);
	arena_deinit(&all->arena);
	jsonr_free(all->doc);
}
