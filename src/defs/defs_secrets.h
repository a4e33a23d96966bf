/* defs_secrets.h - secrets of tools and MCP servers, left out of what is copied */
#ifndef DEFS_DEFS_SECRETS_H
#define DEFS_DEFS_SECRETS_H

#include "store/store_definitions.h"

#include <stdbool.h>

struct json;
struct str;

/* Called for each that is left out: "headers/Authorization", "token". Borrowed. */
typedef void (*defs_secrets_cb)(void *arg, const char *name);

/*
 * Print a definition's document with each of its secrets replaced: by
 * STORE_DEFINITION_MASK, which keeps what the store has there, or (blank) as stock's
 * export does it, by nothing. hidden (may be NULL) hears of those that held something.
 */
void defs_secrets_hide(enum store_definition_kind kind, const struct json *doc,
		       bool blank, struct str *out, defs_secrets_cb hidden, void *arg);

/*
 * Print a document with secrets put in: each member of pairs (an object of texts, or
 * NULL) that its headers or environment name, and token (or NULL).
 */
void defs_secrets_fill(const struct json *doc, const struct json *pairs,
		       const char *token, struct str *out);

/*
 * Print a document whose masks and blanks among secrets become what old (NULL: none) has
 * under the same name, or go (a token: becomes blank).
 */
void defs_secrets_keep(enum store_definition_kind kind, const struct json *doc,
		       const struct json *old, struct str *out);

/*
 * Does doc ask for another server than old, with masks or blanks for which
 * defs_secrets_keep() would send it what was given for that one (migration 16 has the
 * same rule)?
 */
bool defs_secrets_astray(enum store_definition_kind kind, const struct json *doc,
			 const struct json *old);
#define DEFS_SECRETS_ASTRAY                                                              \
	"its url names another server than before, for which masked headers and a "      \
	"masked token are not kept: say them anew"

#endif
