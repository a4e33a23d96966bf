/*
 * agent_cache.c - agents, parsed once per worker
 *
 * An entry is a version that is here. What is not here is looked up, once for all who
 * wait for it, and again while Postgres cannot be asked: the step's time limit ends that.
 * What could not be had is not kept. A lookup of the current version makes it an entry
 * like any other, which remembers when it was known to be current.
 */
#include "host/agent_cache.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/host.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "run/agent.h"
#include "store/store_definitions.h"

#include <string.h>

#define AGAIN_MS 500
#define QUERY_MS 5000

struct entry {
	char *key; /* owned: "<version>:<id>" */
	size_t key_len;
	struct agent *agent; /* a reference */
	int64_t version;
	int64_t current_mono_ms; /* when it was current; 0: never */
	struct list used;        /* in cache->used */
};

struct agent_cache {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct map by_key;  /* struct entry */
	struct map current; /* id -> struct entry, the newest that was current */
	struct map asked;   /* key, version 0 for the current one -> struct lookup */
	struct list used;   /* the least recently used first */
	size_t count;
};

/* What is asked for, and who waits. */
struct lookup {
	struct agent_cache *cache; /* NULL: it was freed while a query was under way */
	char *key;                 /* owned */
	size_t key_len;
	const char *id; /* in key */
	int64_t wanted;
	struct list waits; /* struct finding */
	bool asking;       /* a query is under way */
	int statement;
	ev_timer again;
};

struct finding {
	struct agent_find *find;
	struct lookup *lookup;
	struct list node;
};

static void make_key(struct str *key, const char *id, int64_t version)
{
	str_add_int(key, version);
	str_add_char(key, ':');
	str_add_text(key, id);
}

/* ---- entries ---- */

static struct entry *entry_get(struct agent_cache *cache, const char *id, int64_t version)
{
	struct str key = STR_INIT;
	struct entry *entry;

	make_key(&key, id, version);
	entry = map_get(&cache->by_key, str_text(&key), key.len);
	str_deinit(&key);
	return entry;
}

static void entry_free(struct entry *entry)
{
	agent_unref(entry->agent);
	mem_free(entry->key);
	mem_free(entry);
}

static const char *entry_id(const struct entry *entry)
{
	return strchr(entry->key, ':') + 1;
}

static void entry_drop(struct agent_cache *cache, struct entry *entry)
{
	const char *id = entry_id(entry);

	if (map_get(&cache->current, id, strlen(id)) == entry)
		(void)map_remove(&cache->current, id, strlen(id));
	(void)map_remove(&cache->by_key, entry->key, entry->key_len);
	list_remove(&entry->used);
	cache->count--;
	entry_free(entry);
}

/* Takes the reference. */
static struct entry *entry_put(struct agent_cache *cache, const char *id, int64_t version,
			       struct agent *agent)
{
	struct entry *entry = entry_get(cache, id, version);
	struct str key = STR_INIT;

	if (entry) {
		agent_unref(agent);
		return entry;
	}
	if (cache->count == AGENT_CACHE_MAX)
		entry_drop(cache, list_entry(cache->used.next, struct entry, used));
	entry = mem_new(struct entry);
	make_key(&key, id, version);
	entry->key_len = key.len;
	entry->key = str_take(&key);
	entry->agent = agent;
	entry->version = version;
	(void)map_put(&cache->by_key, entry->key, entry->key_len, entry);
	list_push(&cache->used, &entry->used);
	cache->count++;
	return entry;
}

static void now_current(struct agent_cache *cache, struct entry *entry)
{
	const char *id = entry_id(entry);

	entry->current_mono_ms = clock_mono_ms();
	/* the key of the map is the entry's own text: the one before may go */
	(void)map_remove(&cache->current, id, strlen(id));
	(void)map_put(&cache->current, id, strlen(id), entry);
}

static void answer(struct agent_find *find, const struct entry *entry)
{
	find->class = FAIL_NONE;
	find->agent = agent_ref(entry->agent);
	find->version = entry->version;
	op_done(&find->op);
}

/* ---- lookups ---- */

static void lookup_free(struct lookup *lookup)
{
	if (lookup->cache) {
		ev_timer_stop(lookup->cache->loop, &lookup->again);
		(void)map_remove(&lookup->cache->asked, lookup->key, lookup->key_len);
	}
	mem_free(lookup->key);
	mem_free(lookup);
}

static struct agent_find *next_wait(struct lookup *lookup)
{
	struct list *node = list_shift(&lookup->waits);
	struct finding *finding;
	struct agent_find *find;

	if (!node)
		return NULL;
	finding = list_entry(node, struct finding, node);
	find = finding->find;
	mem_free(finding);
	return find;
}

static void refuse(struct lookup *lookup, const char *why)
{
	struct agent_find *find;

	while ((find = next_wait(lookup))) {
		find->class = FAIL_JOB;
		str_add_text(&find->text, why);
		op_done(&find->op);
	}
	lookup_free(lookup);
}

static void refuse_missing(struct lookup *lookup)
{
	struct str why = STR_INIT;

	str_printf(&why, "there is no agent '%s'", lookup->id);
	if (lookup->wanted)
		str_printf(&why, " of version %lld", (long long)lookup->wanted);
	refuse(lookup, str_text(&why));
	str_deinit(&why);
}

static void take(struct lookup *lookup, const struct store_definition *stored)
{
	struct agent_cache *cache = lookup->cache;
	struct str why = STR_INIT;
	struct problems problems;
	struct agent_find *find;
	struct agent *agent;
	struct entry *entry;

	problem_init(&problems);
	if (agent_parse(stored->definition, strlen(stored->definition), &agent,
			&problems) < 0) {
		str_printf(&why, "agent '%s', version %lld: %s: %s", lookup->id,
			   (long long)stored->version, problems.kept[0].where,
			   problems.kept[0].text);
		refuse(lookup, str_text(&why));
	} else {
		entry = entry_put(cache, lookup->id, stored->version, agent);
		if (!lookup->wanted)
			now_current(cache, entry);
		while ((find = next_wait(lookup)))
			answer(find, entry);
		lookup_free(lookup);
	}
	problem_deinit(&problems);
	str_deinit(&why);
}

static void ask_later(struct lookup *lookup)
{
	struct ev_loop *loop = lookup->cache->loop;

	ev_now_update(loop);
	ev_timer_set(&lookup->again, AGAIN_MS / 1000., 0.);
	ev_timer_start(loop, &lookup->again);
}

static void on_reply(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct lookup *lookup = arg;
	enum store_definition_found found;
	struct store_definition stored;

	(void)outcome; /* whatever it was, it is asked again */
	lookup->asking = false;
	if (!lookup->cache || list_empty(&lookup->waits)) {
		lookup_free(lookup);
		return;
	}
	if (!reply) {
		ask_later(lookup);
		return;
	}
	if (lookup->wanted)
		found = store_definitions_version_read(reply, lookup->statement, &stored)
				? STORE_DEFINITION_FOUND
				: STORE_DEFINITION_NONE;
	else
		found = store_definitions_get_read(reply, lookup->statement, &stored);
	switch (found) {
	case STORE_DEFINITION_NONE:
		refuse_missing(lookup);
		return;
	case STORE_DEFINITION_FOUND:
		take(lookup, &stored);
		return;
	case STORE_DEFINITION_AGAIN:
		ask_later(lookup);
		return;
	}
}

static void ask(struct lookup *lookup)
{
	struct pg_batch *batch = pg_batch_new();

	lookup->statement =
		lookup->wanted ? store_definitions_version(batch, STORE_AGENT, lookup->id,
							   lookup->wanted)
			       : store_definitions_get(batch, STORE_AGENT, lookup->id);
	lookup->asking = true;
	if (pg_pool_submit(lookup->cache->pool, batch, QUERY_MS, on_reply, lookup) < 0) {
		lookup->asking = false;
		ask_later(lookup);
	}
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct lookup *lookup = w->data;

	(void)loop;
	(void)revents;
	if (list_empty(&lookup->waits))
		lookup_free(lookup);
	else
		ask(lookup);
}

/* The lookup stays until its query or its timer is over. */
static void on_abandon(struct op *op)
{
	struct finding *finding = op->server;

	list_remove(&finding->node);
	mem_free(finding);
}

static struct lookup *lookup_get(struct agent_cache *cache, const char *id,
				 int64_t wanted)
{
	struct str key = STR_INIT;
	struct lookup *lookup;

	make_key(&key, id, wanted);
	lookup = map_get(&cache->asked, str_text(&key), key.len);
	if (lookup) {
		str_deinit(&key);
		return lookup;
	}
	lookup = mem_new(struct lookup);
	lookup->cache = cache;
	lookup->key_len = key.len;
	lookup->key = str_take(&key);
	lookup->id = strchr(lookup->key, ':') + 1;
	lookup->wanted = wanted;
	list_init(&lookup->waits);
	ev_timer_init(&lookup->again, on_again, 0., 0.);
	lookup->again.data = lookup;
	(void)map_put(&cache->asked, lookup->key, lookup->key_len, lookup);
	ask(lookup);
	return lookup;
}

void agent_cache_find(struct agent_cache *cache, struct agent_find *find)
{
	const char *id = find->agent_id;
	struct finding *finding;
	struct entry *entry;

	entry = find->wanted ? entry_get(cache, id, find->wanted)
			     : map_get(&cache->current, id, strlen(id));
	if (entry && (find->wanted ||
		      clock_mono_ms() - entry->current_mono_ms < AGENT_CURRENT_MS)) {
		list_remove(&entry->used);
		list_push(&cache->used, &entry->used);
		answer(find, entry);
		return;
	}
	finding = mem_new(struct finding);
	finding->find = find;
	finding->lookup = lookup_get(cache, id, find->wanted);
	list_push(&finding->lookup->waits, &finding->node);
	find->op.server = finding;
	find->op.abandon = on_abandon;
}

/* ---- life ---- */

struct agent_cache *agent_cache_new(struct ev_loop *loop, struct pg_pool *pool)
{
	struct agent_cache *cache = mem_new(struct agent_cache);

	cache->loop = loop;
	cache->pool = pool;
	map_init(&cache->by_key);
	map_init(&cache->current);
	map_init(&cache->asked);
	list_init(&cache->used);
	return cache;
}

void agent_cache_free(struct agent_cache *cache)
{
	struct list *node;

	if (!cache)
		return;
	map_for_each(slot, &cache->asked) {
		struct lookup *lookup = slot->value;

		ev_timer_stop(cache->loop, &lookup->again);
		lookup->cache = NULL;
		if (!lookup->asking) /* else its query is under way and frees it */
			lookup_free(lookup);
	}
	while ((node = list_shift(&cache->used)))
		entry_free(list_entry(node, struct entry, used));
	map_deinit(&cache->by_key);
	map_deinit(&cache->current);
	map_deinit(&cache->asked);
	mem_free(cache);
}
