/*
 * definition_cache.c - pinned definitions, parsed once per worker
 *
 * The key is "<kind>:<version>:<id>". An entry is either here (parsed, in the list of
 * use) or asked for (with those who wait). What could not be had is not kept: whoever
 * comes next asks again. The oldest one not used for longest goes when there are too
 * many; runs that execute it keep their own reference.
 */
#include "host/definition_cache.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/step_types.h"
#include "pg/pg_pool.h"
#include "run/chat_definition.h"
#include "run/definition.h"

#include <string.h>

struct entry {
	struct definition_cache
		*cache; /* NULL: the cache was freed while it was asked for */
	char *key;      /* owned */
	size_t key_len;
	size_t id_at; /* in key */
	enum store_definition_kind kind;
	struct definition *definition; /* NULL while asked for */
	struct list used;              /* in cache->used once it is here */
	struct list waits;
	int statement;
};

struct definition_cache {
	struct pg_pool *pool;
	struct map by_key;
	struct list used; /* the least recently used first */
	size_t here;
};

static void make_key(struct str *key, enum store_definition_kind kind, const char *id,
		     int64_t version)
{
	str_add_text(key, store_definition_kind_name(kind));
	str_add_char(key, ':');
	str_add_int(key, version);
	str_add_char(key, ':');
	str_add_text(key, id);
}

static struct entry *find(struct definition_cache *cache, enum store_definition_kind kind,
			  const char *id, int64_t version)
{
	struct str key = STR_INIT;
	struct entry *entry;

	make_key(&key, kind, id, version);
	entry = map_get(&cache->by_key, str_text(&key), key.len);
	str_deinit(&key);
	return entry;
}

static void entry_free(struct entry *entry)
{
	definition_unref(entry->definition);
	mem_free(entry->key);
	mem_free(entry);
}

static void entry_drop(struct entry *entry)
{
	struct definition_cache *cache = entry->cache;

	(void)map_remove(&cache->by_key, entry->key, entry->key_len);
	if (list_linked(&entry->used)) {
		list_remove(&entry->used);
		cache->here--;
	}
	entry_free(entry);
}

struct definition_cache *definition_cache_new(struct pg_pool *pool)
{
	struct definition_cache *cache = mem_new(struct definition_cache);

	cache->pool = pool;
	map_init(&cache->by_key);
	list_init(&cache->used);
	return cache;
}

void definition_cache_free(struct definition_cache *cache)
{
	if (!cache)
		return;
	map_for_each(slot, &cache->by_key) {
		struct entry *entry = slot->value;

		if (entry->definition)
			entry_free(entry);
		else
			entry->cache = NULL; /* its query is under way and frees it */
	}
	map_deinit(&cache->by_key);
	mem_free(cache);
}

struct definition *definition_cache_get(struct definition_cache *cache,
					enum store_definition_kind kind, const char *id,
					int64_t version)
{
	struct entry *entry = find(cache, kind, id, version);

	if (!entry || !entry->definition)
		return NULL;
	list_remove(&entry->used);
	list_push(&cache->used, &entry->used);
	return entry->definition;
}

static const char *id_of(const struct entry *entry)
{
	return entry->key + entry->id_at;
}

static int parse(const struct entry *entry, const struct store_definition *stored,
		 struct definition **ret, struct err *err)
{
	struct definition *definition = NULL;
	struct str text = STR_INIT;
	struct problems problems;
	int rc;

	if (entry->kind != STORE_AGENT)
		str_add_text(&text, stored->definition);
	else if (chat_definition_write(&text, id_of(entry), stored->definition,
				       strlen(stored->definition), err) < 0) {
		str_deinit(&text);
		return err_wrap(err, "agent %s", id_of(entry));
	}
	problem_init(&problems);
	rc = definition_parse(str_text(&text), text.len, &definition, &problems);
	if (rc == 0)
		rc = definition_validate(definition, step_types_rules(), &problems);
	if (rc < 0) {
		rc = err_set(err, ERR_INPUT, "definition %s version %lld: %s: %s",
			     stored->id, (long long)stored->version,
			     problems.kept[0].where, problems.kept[0].text);
		definition_unref(definition);
	} else {
		*ret = definition;
	}
	problem_deinit(&problems);
	str_deinit(&text);
	return rc;
}

static void tell(struct entry *entry, struct definition *definition,
		 const struct err *err)
{
	struct list waits;
	struct list *node;

	list_init(&waits);
	list_splice(&waits, &entry->waits);
	if (!definition)
		entry_drop(entry);
	while ((node = list_shift(&waits))) {
		struct definition_wait *wait =
			list_entry(node, struct definition_wait, node);

		wait->ready(wait, definition, err);
	}
}

static void on_version(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct entry *entry = arg;
	struct definition_cache *cache = entry->cache;
	struct store_definition stored;
	struct err err = { 0 };

	if (!cache) {
		entry_free(entry);
		return;
	}
	if (!reply) {
		tell(entry, NULL, &outcome->err);
		return;
	}
	if (!store_definitions_version_read(reply, entry->statement, &stored)) {
		err_set(&err, ERR_NOT_FOUND, "definition %s is not there", id_of(entry));
		tell(entry, NULL, &err);
		return;
	}
	if (parse(entry, &stored, &entry->definition, &err) < 0) {
		tell(entry, NULL, &err);
		return;
	}
	list_push(&cache->used, &entry->used);
	if (++cache->here > DEFINITION_CACHE_MAX)
		entry_drop(list_entry(cache->used.next, struct entry, used));
	tell(entry, entry->definition, NULL);
}

int definition_cache_ask(struct definition_cache *cache, enum store_definition_kind kind,
			 const char *id, int64_t version, struct definition_wait *wait)
{
	struct entry *entry = find(cache, kind, id, version);
	struct str key = STR_INIT;
	struct pg_batch *batch;
	int rc;

	if (entry) {
		list_push(&entry->waits, &wait->node);
		return 0;
	}
	entry = mem_new(struct entry);
	entry->cache = cache;
	entry->kind = kind;
	make_key(&key, kind, id, version);
	entry->key_len = key.len;
	entry->id_at = key.len - strlen(id);
	entry->key = str_take(&key);
	list_init(&entry->waits);
	list_push(&entry->waits, &wait->node);
	(void)map_put(&cache->by_key, entry->key, entry->key_len, entry);

	batch = pg_batch_new();
	entry->statement = store_definitions_version(batch, kind, id, version);
	rc = pg_pool_submit(cache->pool, batch, 0, on_version, entry);
	if (rc < 0) {
		list_remove(&wait->node);
		entry_drop(entry);
	}
	return rc;
}
