/* mem.h - allocation: sizes we choose end the process on failure, a stranger's sizes do
 * not */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed memory, never NULL; on failure the process ends (the master starts another). */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull));
char *mem_dup(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_dup_n(const void *bytes, size_t len) __attribute__((malloc, returns_nonnull));

/* For sizes from outside, already bounded by the caller: NULL when memory is gone. */
void *mem_try_alloc(size_t size) __attribute__((malloc));
void *mem_try_resize(void *old, size_t size);

/*
 * Called once, with the size that could not be had, before the process ends for want of
 * memory. It may not allocate. One per process; NULL: nobody.
 */
void mem_on_gone(void (*gone)(void *arg, size_t size), void *arg);

/* Free and forget; NULL is fine. */
void mem_free(const void *ptr);

/* Overwrite a secret before it is freed; the compiler may not drop this write. */
void mem_wipe(void *bytes, size_t len);

#define mem_new(type)             ((type *)mem_alloc(sizeof(type)))
#define mem_new_n(type, n)        ((type *)mem_alloc(sizeof(type) * (size_t)(n)))
#define mem_container(p, type, m) ((type *)(void *)((char *)(p)-offsetof(type, m)))

#endif
