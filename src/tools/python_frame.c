/*
 * python_frame.c - the frames between a worker and its Python helpers
 *
 * What comes from a helper comes from the code of strangers, so a length is compared
 * with what is expected at that moment before anything is kept for it.
 */
#include "tools/python_frame.h"

#include "base/err.h"
#include "base/str.h"

#include <assert.h>
#include <stdint.h>

size_t python_frame_begin(struct str *out)
{
	size_t at = out->len;

	str_add(out, "\0\0\0", PYTHON_FRAME_HEAD);
	return at;
}

void python_frame_end(struct str *out, size_t at)
{
	size_t len = out->len - at - PYTHON_FRAME_HEAD;
	int i;

	assert(len <= PYTHON_FRAME_MAX);
	for (i = 0; i < PYTHON_FRAME_HEAD; i++)
		out->data[at + (size_t)i] =
			(char)(unsigned char)(len >> (8 * (PYTHON_FRAME_HEAD - 1 - i)));
}

int python_frame_next(const struct str *in, size_t at, size_t max, const char **ret,
		      size_t *len)
{
	uint32_t n = 0;
	int i;

	if (in->len - at < PYTHON_FRAME_HEAD)
		return 0;
	for (i = 0; i < PYTHON_FRAME_HEAD; i++)
		n = n << 8 | (unsigned char)in->data[at + (size_t)i];
	*len = n;
	if (n > max)
		return ERR_LIMIT;
	if (in->len - at - PYTHON_FRAME_HEAD < n)
		return 0;
	*ret = in->data + at + PYTHON_FRAME_HEAD;
	return 1;
}
