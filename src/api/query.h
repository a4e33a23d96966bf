/* query.h - values that the queries of lists have in common */
#ifndef API_QUERY_H
#define API_QUERY_H

#include <stdbool.h>
#include <stdint.h>

struct body_faults;
struct request;

/*
 * Each reads one parameter, in which what is wrong is a fault. Texts are the request's.
 * Absent: NULL, or the fallback.
 */
const char *query_id(struct body_faults *faults, const struct request *req,
		     const char *name);
/* Of UTC, as moment_parse() has it. */
int64_t query_moment(struct body_faults *faults, const struct request *req,
		     const char *name, int64_t fallback_at_ms);
/* `limit`, how many of a list are wanted: 1 to 200, or 50. */
int query_limit(struct body_faults *faults, const struct request *req);
/* `after`, the cursor that the page in front gave; `ok` knows the list's cursors. */
const char *query_after(struct body_faults *faults, const struct request *req,
			bool (*ok)(const char *cursor));

#endif
