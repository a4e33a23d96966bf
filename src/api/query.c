/*
 * query.c - values that the queries of lists have in common
 */
#include "api/query.h"

#include "api/api_call.h"
#include "api/body.h"
#include "base/moment.h"
#include "server/request.h"

#include <stddef.h>

#define LIST_DEFAULT 50
#define LIST_MAX     200

const char *query_id(struct body_faults *faults, const struct request *req,
		     const char *name)
{
	const char *id = request_query(req, name);

	if (id && !api_call_id_ok(id))
		body_query_fault(faults, name, "string_length",
				 "Id should have 1 to 255 bytes");
	return id;
}

int64_t query_moment(struct body_faults *faults, const struct request *req,
		     const char *name, int64_t fallback_at_ms)
{
	const char *text = request_query(req, name);
	int64_t at_ms = fallback_at_ms;

	if (text && !moment_parse(text, &at_ms))
		body_query_fault(faults, name, "datetime_parsing",
				 "Input should be a moment, as 2026-11-23T21:45:00Z");
	return at_ms;
}

int query_limit(struct body_faults *faults, const struct request *req)
{
	return (int)body_query_int(faults, req, "limit", 1, LIST_MAX, LIST_DEFAULT);
}

const char *query_after(struct body_faults *faults, const struct request *req,
			bool (*ok)(const char *cursor))
{
	const char *after = request_query(req, "after");

	if (after && !ok(after))
		body_query_fault(faults, "after", "cursor",
				 "Input should be a cursor of this list");
	return after;
}
