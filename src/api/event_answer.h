/* event_answer.h - a range of events, asked for and answered */
#ifndef API_EVENT_ANSWER_H
#define API_EVENT_ANSWER_H

#include "api/runs_port.h"
#include "api/stream_id.h"

#include <stddef.h>

struct body_faults;
struct request;

/* The query's bounds, as stream_id.h writes them; what is wrong is a fault. */
void event_answer_bounds(struct body_faults *faults, const struct request *req,
			 char start[STREAM_ID_MAX], char end[STREAM_ID_MAX]);

/*
 * Answer {<key>: <id>, "count", "events": [{"id", "event"}, ...], "next"}; there is more
 * when there are more than limit.
 */
void event_answer_send(struct request *req, const char *key, const char *id,
		       const struct port_event *events, size_t count, size_t limit);

/* The same of a run, and last_id: that of the last one, or, of none, the one before. */
void event_answer_send_behind(struct request *req, const char *run_id, const char *before,
			      const struct port_event *events, size_t count,
			      size_t limit);

#endif
