/* docr.h - fields of a stored document, read with bounds, and a problem for the rest */
#ifndef RUN_DOCR_H
#define RUN_DOCR_H

#include "base/jsonr.h"
#include "run/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object of a document that is being read. Copy it to read one inside. */
struct docr {
	struct arena *arena; /* where texts go */
	struct problems *problems;
	const struct json *object;
	char prefix[64]; /* "/", "/steps/3/", "/steps/3/retry/": never near its end */
};

/*
 * Parse a document of at most max bytes, which is an object. what: "a definition". *ret
 * is the caller's (jsonr_free). ERR_INPUT, and a problem of the whole, otherwise.
 */
int docr_parse(const char *text, size_t len, size_t max, const char *what,
	       struct problems *problems, struct json **ret);

/* A problem at that field; text is a sentence without a full stop. */
void docr_complain(struct docr *r, const char *field, const char *text);

/*
 * Readers of fields: absent and null give NULL or the fallback; a wrong value is a
 * problem, and gives the same.
 */
/* "" is NULL as well. At most max bytes. */
const char *docr_text(struct docr *r, const char *field, size_t max);
/* Absent and "" are problems; never NULL. */
const char *docr_needed(struct docr *r, const char *field, size_t max);
/* Whole numbers may be written as 300.0, as Python's readers take them. */
int64_t docr_int(struct docr *r, const char *field, int64_t min, int64_t max,
		 int64_t fallback);
bool docr_bool(struct docr *r, const char *field, bool fallback);
/* Whether the field is there and of that type, JSONR_ARRAY or JSONR_OBJECT. */
bool docr_container(struct docr *r, const char *field, enum jsonr_type type,
		    const struct json **ret);

/* A string of the document in that field, copied; NULL when it cannot be one. */
const char *docr_keep(struct docr *r, const char *field, const struct json *value,
		      size_t max);
/* count <= max, else a problem. */
bool docr_count(struct docr *r, const char *field, size_t count, size_t max);
/* The texts of a list, each of at most text_max bytes, without empty ones; how many. */
size_t docr_names(struct docr *r, const char *field, const struct json *list, size_t max,
		  size_t text_max, const char ***ret);

#endif
