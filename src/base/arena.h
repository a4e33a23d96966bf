/* arena.h - memory with one lifetime: allocate freely, free once */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/*
 * Embed one per run, request or connection. Nothing in an arena may point to a
 * longer-lived object's insides without a reference. Not for more than one thread.
 */
struct arena {
	struct arena_block *head; /* newest block */
	char *next;               /* first free byte in it */
	size_t left;              /* free bytes in it */
	size_t used_bytes;        /* for readers: bytes of all blocks */
};

void arena_init(struct arena *arena);
/* Frees every block; the arena may be used again. */
void arena_deinit(struct arena *arena);

/* 16-byte aligned, not zeroed; never NULL (mem_alloc's rule). */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc));
void *arena_zalloc(struct arena *arena, size_t size) __attribute__((malloc));
char *arena_dup_n(struct arena *arena, const void *bytes, size_t len);
char *arena_dup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define arena_new(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define arena_new_n(arena, type, n)                                                      \
	((type *)arena_zalloc((arena), sizeof(type) * (size_t)(n)))

#endif
