/* extract.h - JSON values in a text that has more in it, as models write it */
#ifndef RUN_EXTRACT_H
#define RUN_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>

struct json;

/* One value, borrowed for the call; false: no more are wanted. */
typedef bool (*extract_cb)(void *arg, const struct json *value);

/*
 * The values in a text of len bytes, NUL-terminated, in its order: the whole text when it
 * is JSON; else each fenced block (``` or ```json, the fences on lines of their own) that
 * is; else each balanced {} or [] that is. Returns whether all of the text was looked at:
 * the work is bounded by a multiple of len, which only a text that is meant to be hard
 * exceeds.
 */
bool extract_values(const char *text, size_t len, extract_cb take, void *arg);

#endif
