/*
 * memo.c - answers of Postgres, remembered for a moment
 *
 * Keys, definitions and tenants are asked for with every submission and change seldom. A
 * value has two ages: while it is fresh it is simply given; a little older and it is
 * given while a new one is fetched, so that under load nobody ever waits; older still
 * (nobody asked for a while) and the asker waits for the new one. So no answer is older
 * than stale_ms, and a busy key is asked for once per fresh_ms by this process.
 *
 *   - a key is fetched at most once at a time; who comes meanwhile waits in its list;
 *   - an entry that is being fetched is not evicted, and one that has a value only when
 *     no other is left: who asks for what does not exist pushes out nothing that does;
 *   - what is wanted, but not waited for, has half of the fetches;
 *   - a failed fetch is not remembered: the next asker tries again.
 */
#include "api/memo.h"

#include "base/map.h"
#include "base/mem.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

struct entry {
	struct list node; /* of memo->used or memo->empty, least recently used first */
	struct list waits;
	void *value;             /* owned; NULL: no such thing, or nothing yet */
	int64_t fetched_mono_ms; /* of value */
	bool known;              /* there was an answer */
	bool outdated;           /* who asks is not given it any more */
	bool fetching;
	char key[];
};

struct memo {
	struct memo_options options;
	struct memo_ops ops;
	void *ctx;
	struct map entries;
	struct list used;  /* entries with a value */
	struct list empty; /* and those without */
	size_t fetches;
};

struct memo *memo_new(const struct memo_options *options, const struct memo_ops *ops,
		      void *ctx)
{
	struct memo *memo = mem_new(struct memo);

	memo->options = *options;
	memo->ops = *ops;
	memo->ctx = ctx;
	map_init(&memo->entries);
	list_init(&memo->used);
	list_init(&memo->empty);
	return memo;
}

static void entry_drop(struct memo *memo, struct entry *entry)
{
	assert(list_empty(&entry->waits));
	(void)map_remove(&memo->entries, entry->key, strlen(entry->key));
	list_remove(&entry->node);
	if (entry->value)
		memo->ops.value_free(entry->value);
	mem_free(entry);
}

void memo_free(struct memo *memo)
{
	if (!memo)
		return;
	while (!list_empty(&memo->used))
		entry_drop(memo, list_entry(memo->used.next, struct entry, node));
	while (!list_empty(&memo->empty))
		entry_drop(memo, list_entry(memo->empty.next, struct entry, node));
	map_deinit(&memo->entries);
	mem_free(memo);
}

static struct entry *entry_find(const struct memo *memo, const char *key)
{
	return map_get(&memo->entries, key, strlen(key));
}

static void entry_touch(struct memo *memo, struct entry *entry)
{
	list_remove(&entry->node);
	list_push(entry->value ? &memo->used : &memo->empty, &entry->node);
}

/* The one that is missed least; NULL: all are being fetched. */
static struct entry *oldest_of(const struct list *entries)
{
	list_for_each(node, entries) {
		struct entry *entry = list_entry(node, struct entry, node);

		if (!entry->fetching)
			return entry;
	}
	return NULL;
}

/* NULL when all entries are being fetched. */
static struct entry *entry_new(struct memo *memo, const char *key)
{
	size_t len = strlen(key);
	struct entry *entry;

	if (memo->entries.count >= memo->options.entries_max) {
		struct entry *oldest = oldest_of(&memo->empty);

		if (!oldest)
			oldest = oldest_of(&memo->used);
		if (!oldest)
			return NULL;
		entry_drop(memo, oldest);
	}
	entry = mem_alloc(sizeof(*entry) + len + 1);
	memcpy(entry->key, key, len + 1);
	list_init(&entry->waits);
	list_push(&memo->empty, &entry->node);
	(void)map_put(&memo->entries, entry->key, len, entry);
	return entry;
}

/* True if a fetch of this entry is under way. */
static bool entry_fetch(struct memo *memo, struct entry *entry)
{
	if (entry->fetching)
		return true;
	if (memo->fetches >= memo->options.fetches_max)
		return false;
	if (memo->ops.fetch(memo->ctx, entry->key) < 0)
		return false;
	entry->fetching = true;
	memo->fetches++;
	return true;
}

/* Is what is remembered that there is none, and may it be said? */
static bool is_none(const struct memo *memo, const struct entry *entry,
		    int64_t now_mono_ms)
{
	return entry->known && !entry->value &&
	       now_mono_ms - entry->fetched_mono_ms <= memo->options.none_ms;
}

static bool is_good(const struct memo *memo, const struct entry *entry,
		    int64_t now_mono_ms)
{
	return entry->value &&
	       now_mono_ms - entry->fetched_mono_ms <= memo->options.stale_ms;
}

enum memo_state memo_get(struct memo *memo, const char *key, int64_t now_mono_ms,
			 struct memo_wait *wait, void **value)
{
	struct entry *entry = entry_find(memo, key);

	if (entry) {
		entry_touch(memo, entry);
	} else {
		/* what cannot be fetched now pushes out nothing */
		if (memo->fetches < memo->options.fetches_max)
			entry = entry_new(memo, key);
		if (!entry)
			return MEMO_FAILED;
	}
	if (!entry->outdated && is_none(memo, entry, now_mono_ms))
		return MEMO_NONE;
	if (!entry->outdated && is_good(memo, entry, now_mono_ms)) {
		/* a refresh that cannot start now is tried by the next asker */
		if (now_mono_ms - entry->fetched_mono_ms > memo->options.fresh_ms)
			(void)entry_fetch(memo, entry);
		*value = entry->value;
		return MEMO_HIT;
	}
	if (!entry_fetch(memo, entry)) {
		if (!entry->known)
			entry_drop(memo, entry);
		return MEMO_FAILED;
	}
	list_push(&entry->waits, &wait->node);
	return MEMO_WAIT;
}

void memo_want(struct memo *memo, const char *key, int64_t now_mono_ms)
{
	struct entry *entry = entry_find(memo, key);

	if (entry && (is_good(memo, entry, now_mono_ms) ||
		      is_none(memo, entry, now_mono_ms) || entry->fetching))
		return;
	if (memo->fetches >= (memo->options.fetches_max + 1) / 2)
		return; /* who asks next tries again */
	if (!entry)
		entry = entry_new(memo, key);
	if (entry && !entry_fetch(memo, entry) && !entry->known)
		entry_drop(memo, entry);
}

void *memo_peek(const struct memo *memo, const char *key)
{
	struct entry *entry = entry_find(memo, key);

	return entry ? entry->value : NULL;
}

bool memo_knows(const struct memo *memo, const char *key, int64_t now_mono_ms)
{
	struct entry *entry = entry_find(memo, key);

	return entry && is_good(memo, entry, now_mono_ms);
}

void memo_outdate(struct memo *memo, const char *key)
{
	struct entry *entry = entry_find(memo, key);

	if (entry)
		entry->outdated = true;
}

void memo_forsake(struct memo_wait *wait)
{
	list_remove(&wait->node);
}

/*
 * The list is spliced off first: a callback may ask again for the same key. It may not
 * free the memo.
 */
static void wake(struct list *waits, enum memo_state state, void *value)
{
	struct list *node;

	while ((node = list_shift(waits)) != NULL) {
		struct memo_wait *wait = list_entry(node, struct memo_wait, node);

		wait->ready(wait->arg, state, value);
	}
}

static struct entry *fetched(struct memo *memo, const char *key, struct list *waits)
{
	struct entry *entry = entry_find(memo, key);

	assert(entry && entry->fetching);
	entry->fetching = false;
	memo->fetches--;
	list_init(waits);
	list_splice(waits, &entry->waits);
	return entry;
}

void memo_put(struct memo *memo, const char *key, int64_t now_mono_ms, void *value)
{
	struct list waits;
	struct entry *entry = fetched(memo, key, &waits);
	void *old = entry->value;

	entry->value = value;
	entry->known = true;
	entry->outdated = false;
	entry->fetched_mono_ms = now_mono_ms;
	if (!old != !value)
		entry_touch(memo, entry);
	if (old)
		memo->ops.value_free(old);
	wake(&waits, value ? MEMO_HIT : MEMO_NONE, value);
}

void memo_fail(struct memo *memo, const char *key)
{
	struct list waits;
	struct entry *entry = fetched(memo, key, &waits);

	if (!entry->known)
		entry_drop(memo, entry);
	wake(&waits, MEMO_FAILED, NULL);
}

void memo_each(struct memo *memo, void (*visit)(void *arg, void *value), void *arg)
{
	list_for_each(node, &memo->used) {
		struct entry *entry = list_entry(node, struct entry, node);

		if (entry->value)
			visit(arg, entry->value);
	}
}

size_t memo_count(const struct memo *memo)
{
	return memo->entries.count;
}
