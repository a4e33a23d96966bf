/* body.h - JSON bodies and query values: typed readers that collect what is wrong */
#ifndef API_BODY_H
#define API_BODY_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct request;

/* Where a value is: a chain that ends in "body", "query" or "header"; name or index. */
struct body_at {
	const struct body_at *up; /* NULL: the first */
	const char *name;         /* NULL: index counts */
	int64_t index;
};

#define BODY_FAULTS_MAX 32 /* later ones are counted, not listed */

/* What is wrong, in the shape of a 422: [{"loc", "msg", "type"}, ...]. */
struct body_faults {
	struct str list; /* the objects, comma-separated */
	size_t count;
};

void body_faults_deinit(struct body_faults *faults);
void body_fault(struct body_faults *faults, const struct body_at *at, const char *type,
		const char *message);
/* Of a query parameter. */
void body_query_fault(struct body_faults *faults, const char *name, const char *type,
		      const char *message);
/* The whole list as JSON text, appended. */
void body_faults_print(const struct body_faults *faults, struct str *out);
/* Answer 422 with them (there is at least one). */
void body_faults_send(struct request *req, const struct body_faults *faults);

/*
 * Parse len bytes that begin at byte `offset` of the body. *ret is the caller's
 * (jsonr_free); it is NULL for the document "null". false, and a fault at ["body",
 * <byte>], if they are not one JSON document; *ret is NULL then.
 */
bool body_parse(struct body_faults *faults, const char *text, size_t len, size_t offset,
		struct json **ret);

/*
 * Readers of members: absent and null give NULL or the fallback; a wrong value is a
 * fault. Texts are copied into the arena; U+0000 is refused, since Postgres cannot store
 * it.
 */
const char *body_text(struct body_faults *faults, const struct body_at *at,
		      const struct json *object, const char *key, size_t max_bytes,
		      struct arena *arena);
int64_t body_int(struct body_faults *faults, const struct body_at *at,
		 const struct json *object, const char *key, int64_t min, int64_t max,
		 int64_t fallback);
/* A plain decimal integer of a query parameter. */
int64_t body_query_int(struct body_faults *faults, const struct request *req,
		       const char *name, int64_t min, int64_t max, int64_t fallback);

#endif
