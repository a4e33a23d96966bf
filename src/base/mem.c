/*
 * mem.c - allocation: sizes we choose end the process on failure, a stranger's do not
 *
 * A child that cannot get the memory which its own design calls for has nothing sensible
 * left to do: it says so on standard error without allocating and aborts. What it held
 * is requeued by the master as after any other death.
 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of this process: whoever wants to leave a last word where others read it. */
static void (*on_gone)(void *arg, size_t size);
static void *on_gone_arg;

static void mem_gone(size_t size) __attribute__((noreturn));

static void mem_gone(size_t size)
{
	static const char text[] = "level=error event=memory.exhausted\n";

	if (on_gone)
		on_gone(on_gone_arg, size);
	/* nothing can be done about a failing write here */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}

void mem_on_gone(void (*gone)(void *arg, size_t size), void *arg)
{
	on_gone = gone;
	on_gone_arg = arg;
}

/*
 * What malloc() has at hand for a thread (chunks up to this) calloc() does not look at,
 * in glibc before 2.41; more than that may come zeroed from the kernel.
 */
#define AT_HAND 1032

void *mem_alloc(size_t size)
{
	void *ptr;

	if (!size)
		size = 1;
	ptr = size <= AT_HAND ? malloc(size) : calloc(1, size);
	if (!ptr)
		mem_gone(size);
	if (size <= AT_HAND)
		memset(ptr, 0, size);
	return ptr;
}

void *mem_resize(void *old, size_t size)
{
	void *ptr = realloc(old, size ? size : 1);

	if (!ptr)
		mem_gone(size);
	return ptr;
}

char *mem_dup_n(const void *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		mem_gone(len + 1);
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *mem_dup(const char *text)
{
	return mem_dup_n(text, strlen(text));
}

void *mem_try_alloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

void *mem_try_resize(void *old, size_t size)
{
	return realloc(old, size ? size : 1);
}

void mem_free(const void *ptr)
{
	union {
		const void *borrowed;
		void *owned;
	} cast = { .borrowed = ptr };

	free(cast.owned);
}

void mem_wipe(void *bytes, size_t len)
{
	explicit_bzero(bytes, len);
}
