/* map.h - hash map from byte strings to pointers */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	const char *key; /* borrowed from the value's owner; NULL: never used */
	size_t key_len;
	uint64_t hash;
	void *value; /* NULL beside a key: removed */
};

/*
 * Keys are borrowed: the key lives inside the object that it finds, and an object is
 * removed before it is freed. Values are never NULL. Hashes are seeded per process
 * against peers that choose colliding keys.
 */
struct map {
	struct map_slot *slots; /* owned */
	size_t mask;
	size_t count; /* for readers */
	size_t used;  /* count plus removed ones */
};

void map_init(struct map *map);
void map_deinit(struct map *map);
/* The value under the key, or NULL. */
void *map_get(const struct map *map, const void *key, size_t key_len);
/* Put a value; returns the one that was there (replaced), or NULL. */
void *map_put(struct map *map, const void *key, size_t key_len, void *value);
/* Remove and return the value, or NULL. Allowed inside map_for_each. */
void *map_remove(struct map *map, const void *key, size_t key_len);

/* `for each slot that holds a value`; slot->value and slot->key are readable. */
#define map_for_each(slot, map)                                                          \
	for (struct map_slot *slot = (map)->slots,                                       \
			     *slot##_end = slot ? slot + (map)->mask + 1 : slot;         \
	     slot != slot##_end; slot++)                                                 \
		if (slot->value)

/* FNV-1a finished by a mixer, seeded with the process' own random number. */
uint64_t map_hash(const void *bytes, size_t len);

#endif
