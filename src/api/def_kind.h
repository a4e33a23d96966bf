/* def_kind.h - what routes of definitions share: kinds by path, versions in headers */
#ifndef API_DEF_KIND_H
#define API_DEF_KIND_H

#include "store/store_definitions.h"

#include <stdbool.h>
#include <stdint.h>

struct api_call;
struct err;
struct problems;
struct request;
struct str;

/* The kind that the third segment of the path names ("agents"). */
enum store_definition_kind def_kind_of(const struct request *req);
/* The member that is a definition's key: "id", or "name" of tools and servers. */
const char *def_kind_key(enum store_definition_kind kind);

/* The header that says which version this is. */
void def_kind_etag(struct request *req, int64_t version);
/*
 * The version that the request wants to find: If-Match: "7", or If-None-Match: *.
 * false: neither form, and the request is answered.
 */
bool def_kind_expect(struct request *req, int64_t *ret);

/* Answer 422 with what is wrong, each with its place; there is at least one. */
void def_kind_send_problems(struct request *req, const struct problems *problems);
/* The list of problems, or of warnings, as JSON. */
void def_kind_print_problems(const struct problems *problems, bool warnings,
			     const char *prefix, struct str *out);
/* Answer for an outcome that stored nothing. */
void def_kind_send_outcome(struct request *req, const struct store_put *put);

#endif
