/* python_frame.h - the frames between a worker and its Python helpers */
#ifndef TOOLS_PYTHON_FRAME_H
#define TOOLS_PYTHON_FRAME_H

#include <stddef.h>

struct str;

/* A frame: four bytes of length (big endian), then as many of JSON. */
#define PYTHON_FRAME_HEAD 4
#define PYTHON_FRAME_MAX  (64UL * 1024 * 1024) /* what anybody may ever send */

/* Begin a frame in out; returns where. What is appended until python_frame_end() is its
 * body, of PYTHON_FRAME_MAX bytes at most. */
size_t python_frame_begin(struct str *out);
void python_frame_end(struct str *out, size_t at);

/*
 * The frame that starts at byte `at` of what came in. Returns 1 with its body, borrowed
 * until `in` changes; 0 when not all of it is there yet; ERR_LIMIT when its body is
 * longer than max. Then *len is that length.
 */
int python_frame_next(const struct str *in, size_t at, size_t max, const char **ret,
		      size_t *len);

#endif
