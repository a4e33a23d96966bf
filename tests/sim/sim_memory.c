/*
 * sim_memory.c - what is allocated, and how many frames were made
 *
 * The linker puts these in the place of the functions that they call (--wrap), so that
 * the library is the one that the program has. A seed must leave as many blocks as it
 * found; a build with sanitizers says which.
 */
#include "sim_memory.h"

#include "base/mem.h"
#include "engine/runframe.h"

static int64_t blocks;
static int64_t frames;

int64_t sim_memory_blocks(void)
{
	return blocks;
}

int64_t sim_memory_frames(void)
{
	return frames;
}

void *__real_mem_alloc(size_t size);
void *__wrap_mem_alloc(size_t size);
void *__real_mem_resize(void *old, size_t size);
void *__wrap_mem_resize(void *old, size_t size);
char *__real_mem_dup(const char *text);
char *__wrap_mem_dup(const char *text);
char *__real_mem_dup_n(const void *bytes, size_t len);
char *__wrap_mem_dup_n(const void *bytes, size_t len);
void *__real_mem_try_alloc(size_t size);
void *__wrap_mem_try_alloc(size_t size);
void *__real_mem_try_resize(void *old, size_t size);
void *__wrap_mem_try_resize(void *old, size_t size);
void __real_mem_free(const void *ptr);
void __wrap_mem_free(const void *ptr);
void *__real_runframe_alloc(const struct runframe_ops *ops, struct exec *exec,
			    struct runframe *parent, size_t size);
void *__wrap_runframe_alloc(const struct runframe_ops *ops, struct exec *exec,
			    struct runframe *parent, size_t size);

void *__wrap_mem_alloc(size_t size)
{
	blocks++;
	return __real_mem_alloc(size);
}

void *__wrap_mem_resize(void *old, size_t size)
{
	blocks += !old;
	return __real_mem_resize(old, size);
}

char *__wrap_mem_dup(const char *text)
{
	blocks++;
	return __real_mem_dup(text);
}

char *__wrap_mem_dup_n(const void *bytes, size_t len)
{
	blocks++;
	return __real_mem_dup_n(bytes, len);
}

void *__wrap_mem_try_alloc(size_t size)
{
	blocks++;
	return __real_mem_try_alloc(size);
}

void *__wrap_mem_try_resize(void *old, size_t size)
{
	blocks += !old;
	return __real_mem_try_resize(old, size);
}

void __wrap_mem_free(const void *ptr)
{
	blocks -= ptr != NULL;
	__real_mem_free(ptr);
}

void *__wrap_runframe_alloc(const struct runframe_ops *ops, struct exec *exec,
			    struct runframe *parent, size_t size)
{
	frames++;
	return __real_runframe_alloc(ops, exec, parent, size);
}
