/* jsontext.h - single JSON values as text, read without a parser */
#ifndef RUN_JSONTEXT_H
#define RUN_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct str;

/*
 * All take one valid, compact JSON value (jsonw wrote it or jsonr printed it) and append
 * to out.
 */

/* The characters of a JSON string. */
void jsontext_unquote(struct str *out, const char *json, size_t len);
/* As a template shows it: strings raw, True, False, None as Python writes them, numbers,
 * lists and objects as their JSON text (DECISIONS 14). */
void jsontext_show(struct str *out, const char *json, size_t len);
/* The text with each escaped U+0000 replaced by U+FFFD: Postgres stores no U+0000. */
void jsontext_storable(struct str *out, const char *json, size_t len);
/* How deep lists and objects are nested: 0 for any other value, 1 for "[]". */
int jsontext_depth(const char *json, size_t len);
/* Python's truth: not null, false, a zero, or an empty string, list or object. */
bool jsontext_truthy(const char *json, size_t len);

#endif
