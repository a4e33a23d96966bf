/*
 * map.c - hash map from byte strings to pointers
 *
 * Open addressing with linear probing; a removed slot keeps its key pointer only as a
 * mark (it is never read) and goes away at the next growth. Load stays below 3/4.
 */
#include "base/map.h"

#include "base/mem.h"
#include "base/rng.h"

#include <assert.h>
#include <string.h>

#define MAP_FIRST 16

static const char map_removed[] = ""; /* key of a removed slot */

uint64_t map_hash(const void *bytes, size_t len)
{
	static uint64_t seed; /* every process of ours; set once, before the first use */
	const unsigned char *p = bytes;
	uint64_t hash;
	size_t i;

	while (!seed)
		seed = rng_u64();
	hash = 14695981039346656037ULL ^ seed;
	for (i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 1099511628211ULL;
	hash ^= hash >> 32;
	hash *= 0x9E3779B97F4A7C15ULL;
	return hash ^ (hash >> 29);
}

void map_init(struct map *map)
{
	memset(map, 0, sizeof(*map));
}

void map_deinit(struct map *map)
{
	mem_free(map->slots);
	map_init(map);
}

static struct map_slot *map_find(const struct map *map, const void *key, size_t len,
				 uint64_t hash)
{
	size_t i;

	if (!map->slots)
		return NULL;
	for (i = hash & map->mask; map->slots[i].key; i = (i + 1) & map->mask) {
		struct map_slot *slot = &map->slots[i];

		if (slot->value && slot->hash == hash && slot->key_len == len &&
		    memcmp(slot->key, key, len) == 0)
			return slot;
	}
	return NULL;
}

void *map_get(const struct map *map, const void *key, size_t key_len)
{
	struct map_slot *slot;

	if (!map->count)
		return NULL;
	slot = map_find(map, key, key_len, map_hash(key, key_len));
	return slot ? slot->value : NULL;
}

static void map_place(struct map *map, struct map_slot entry)
{
	size_t i = entry.hash & map->mask;

	while (map->slots[i].key)
		i = (i + 1) & map->mask;
	map->slots[i] = entry;
	map->used++;
	map->count++;
}

static void map_grow(struct map *map)
{
	struct map old = *map;
	size_t size = old.slots ? old.mask + 1 : 0;
	size_t room = MAP_FIRST;
	size_t i;

	while (room < (old.count + 1) * 2)
		room *= 2;
	map->slots = mem_new_n(struct map_slot, room);
	map->mask = room - 1;
	map->count = map->used = 0;
	for (i = 0; i < size; i++)
		if (old.slots[i].value)
			map_place(map, old.slots[i]);
	mem_free(old.slots);
}

void *map_put(struct map *map, const void *key, size_t key_len, void *value)
{
	uint64_t hash = map_hash(key, key_len);
	struct map_slot *slot = map_find(map, key, key_len, hash);

	assert(value);
	if (slot) {
		void *before = slot->value;

		slot->value = value;
		slot->key = key; /* the old key goes with the old value */
		return before;
	}
	if (!map->slots || (map->used + 1) * 4 > (map->mask + 1) * 3)
		map_grow(map);
	map_place(map, (struct map_slot){ key, key_len, hash, value });
	return NULL;
}

void *map_remove(struct map *map, const void *key, size_t key_len)
{
	struct map_slot *slot = NULL;
	void *value;

	if (map->count)
		slot = map_find(map, key, key_len, map_hash(key, key_len));
	if (!slot)
		return NULL;
	value = slot->value;
	slot->value = NULL;
	slot->key = map_removed;
	map->count--;
	return value;
}
