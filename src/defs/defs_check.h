/* defs_check.h - whether a definition's document is one, kind by kind */
#ifndef DEFS_DEFS_CHECK_H
#define DEFS_DEFS_CHECK_H

#include "store/store_definitions.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct definition_rules;
struct json;
struct problems;

/* What the store wants to know of a document. Texts are the arena's, never NULL. */
struct defs_head {
	const char *id;
	const char *name;
	const char *description;
};

/*
 * Look into a document. doc and text (its print, len bytes) are the same. false: it
 * cannot be stored, *ret has what could be read, problems say why. true with problems: it
 * can be stored, and not be used.
 */
bool defs_check(enum store_definition_kind kind, const struct json *doc, const char *text,
		size_t len, const struct definition_rules *rules, struct arena *arena,
		struct defs_head *ret, struct problems *problems);

#endif
