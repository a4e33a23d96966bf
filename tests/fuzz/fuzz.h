/* fuzz.h - what the targets share */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/mem.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline bool same_text(const struct str *a, const struct str *b)
{
	return a->len == b->len && memcmp(str_text(a), str_text(b), a->len) == 0;
}

/* The next line of an input without its end, the caller's (mem_free); "" behind the
 * last. */
static inline char *take_line(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size;
	char *line = *size ? mem_dup_n((const char *)*data, len) : mem_dup("");

	*data += end ? len + 1 : len;
	*size -= end ? len + 1 : len;
	return line;
}

#endif
