/*
 * file_catalog.c - the definitions of a host without Postgres: its stock files
 *
 * Whether an orchestration can be executed is found out when it is first asked for, and
 * again when its text has changed. A run keeps its own reference, and its journal the
 * text, so a change concerns later runs only.
 */
#include "api/file_catalog.h"

#include "api/catalog.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "run/definition.h"
#include "run/problem.h"
#include "store/files_list.h"

#include <assert.h>
#include <string.h>

/* Texts that are parsed; when there are more, all of them are parsed anew. */
#define ENTRIES_MAX 4096

struct file_catalog {
	struct files_list *orchestrations;
	struct files_list *agents;
	struct files_list *tools;
	struct files_list *servers;
	struct map entries; /* by id */
};

struct file_catalog *file_catalog_new(const char *data_dir)
{
	struct file_catalog *catalog = mem_new(struct file_catalog);

	catalog->orchestrations = files_list_new(data_dir, "orchestrations.json", "id");
	catalog->agents = files_list_new(data_dir, "user_agents.json", "id");
	catalog->tools = files_list_new(data_dir, "custom_tools.json", "name");
	catalog->servers = files_list_new(data_dir, "mcp_servers.json", "name");
	map_init(&catalog->entries);
	return catalog;
}

static void entry_free(struct file_entry *entry)
{
	definition_unref(entry->definition);
	mem_free(entry);
}

static void drop_all(struct file_catalog *catalog)
{
	map_for_each(slot, &catalog->entries)
		entry_free(slot->value);
	map_deinit(&catalog->entries);
	map_init(&catalog->entries);
}

void file_catalog_free(struct file_catalog *catalog)
{
	if (!catalog)
		return;
	drop_all(catalog);
	map_deinit(&catalog->entries);
	files_list_free(catalog->orchestrations);
	files_list_free(catalog->agents);
	files_list_free(catalog->tools);
	files_list_free(catalog->servers);
	mem_free(catalog);
}

const struct files_list *file_catalog_list(struct file_catalog *catalog,
					   enum store_definition_kind kind)
{
	struct files_list *list = NULL;

	switch (kind) {
	case STORE_ORCHESTRATION:
		list = catalog->orchestrations;
		break;
	case STORE_AGENT:
		list = catalog->agents;
		break;
	case STORE_TOOL:
		list = catalog->tools;
		break;
	case STORE_MCP_SERVER:
		list = catalog->servers;
		break;
	case STORE_DEFINITION_KINDS:
		break; /* none of them */
	}
	assert(list);
	files_list_look(list, clock_mono_ms());
	return list;
}

void file_catalog_expire(struct file_catalog *catalog)
{
	files_list_expire(catalog->orchestrations);
	files_list_expire(catalog->agents);
	files_list_expire(catalog->tools);
	files_list_expire(catalog->servers);
}

static struct file_entry *entry_new(const struct files_item *item)
{
	size_t len = strlen(item->id);
	struct file_entry *entry = mem_alloc(sizeof(*entry) + len + 1);
	struct problems problems;

	memcpy(entry->id, item->id, len + 1);
	memcpy(entry->sha256, item->sha256, sizeof(entry->sha256));
	if (!catalog_check(item->text, item->len, entry->detail, sizeof(entry->detail)))
		return entry;
	problem_init(&problems);
	/* it parsed a moment ago */
	(void)definition_parse(item->text, item->len, &entry->definition, &problems);
	problem_deinit(&problems);
	return entry;
}

const struct file_entry *file_catalog_get(struct file_catalog *catalog, const char *id,
					  const struct files_item **ret_item)
{
	const struct files_list *list = file_catalog_list(catalog, STORE_ORCHESTRATION);
	const struct files_item *item = files_list_find(list, id);
	struct file_entry *entry, *old;

	if (!item)
		return NULL;
	*ret_item = item;
	entry = map_get(&catalog->entries, id, strlen(id));
	if (entry && strcmp(entry->sha256, item->sha256) == 0)
		return entry;
	if (catalog->entries.count >= ENTRIES_MAX)
		drop_all(catalog);
	entry = entry_new(item);
	old = map_put(&catalog->entries, entry->id, strlen(entry->id), entry);
	if (old)
		entry_free(old);
	return entry;
}

const char *file_catalog_tool(void *arg, const char *name)
{
	struct file_catalog *catalog = arg;
	const struct files_item *item;

	files_list_look(catalog->tools, clock_mono_ms());
	item = files_list_find(catalog->tools, name);
	return item ? item->text : NULL;
}

struct files_list *file_catalog_orchestrations(struct file_catalog *catalog)
{
	return catalog->orchestrations;
}

struct files_list *file_catalog_agents(struct file_catalog *catalog)
{
	return catalog->agents;
}

struct files_list *file_catalog_tools(struct file_catalog *catalog)
{
	return catalog->tools;
}
