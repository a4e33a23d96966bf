/*
 * arena.c - memory with one lifetime: allocate freely, free once
 *
 * Blocks double from 1 KiB (with its head: what malloc() gives back and out again without
 * looking around) to 64 KiB; a request larger than a quarter of the next block
 * gets a block of its own behind the head, so the rest of the head stays in use.
 */
#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ARENA_LARGEST 65536
#define ARENA_ALIGN   16

struct arena_block {
	struct arena_block *older;
	size_t size;
	_Alignas(ARENA_ALIGN) char bytes[];
};

#define ARENA_FIRST (1024 - sizeof(struct arena_block))

void arena_init(struct arena *arena)
{
	memset(arena, 0, sizeof(*arena));
}

void arena_deinit(struct arena *arena)
{
	struct arena_block *block, *older;

	for (block = arena->head; block; block = older) {
		older = block->older;
		mem_free(block);
	}
	arena_init(arena);
}

static struct arena_block *block_new(struct arena *arena, size_t size)
{
	/* mem_resize does not zero: most of a block is never read before it is written */
	struct arena_block *block = mem_resize(NULL, sizeof(*block) + size);

	block->size = size;
	arena->used_bytes += sizeof(*block) + size;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t next_size;
	struct arena_block *block;
	void *ptr;

	if (size == 0)
		size = 1; /* even nothing has a place */
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size <= arena->left) {
		ptr = arena->next;
		arena->next += size;
		arena->left -= size;
		return ptr;
	}

	next_size = arena->head ? arena->head->size * 2 : ARENA_FIRST;
	if (next_size > ARENA_LARGEST)
		next_size = ARENA_LARGEST;
	if (size > next_size / 4 && arena->head) {
		block = block_new(arena, size);
		block->older = arena->head->older;
		arena->head->older = block;
		return block->bytes;
	}
	if (next_size < size)
		next_size = size;
	block = block_new(arena, next_size);
	block->older = arena->head;
	arena->head = block;
	arena->next = block->bytes + size;
	arena->left = next_size - size;
	return block->bytes;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
	void *ptr = arena_alloc(arena, size);

	memset(ptr, 0, size);
	return ptr;
}

char *arena_dup_n(struct arena *arena, const void *bytes, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *arena_dup(struct arena *arena, const char *text)
{
	return arena_dup_n(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		len = 0;
	text = arena_alloc(arena, (size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}
