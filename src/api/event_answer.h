/* event_answer.h - a range of events, asked for and answered */
#ifndef API_EVENT_ANSWER_H
#define API_EVENT_ANSWER_H

#include "api/errors.h"
#include "api/runs_port.h"
#include "api/stream_id.h"

#include <stddef.h>

struct api_call;
struct body_faults;

#define EVENT_ANSWER_MAX 1000 /* events at a time */

/* Who asks for which; in the request's arena, filled by the handler. */
struct event_range {
	struct api_call *call;
	const char *key;       /* of the answer's first member: "run_id", "session_id" */
	enum errors_code none; /* when it is not there, or another tenant's */
	const char *before;    /* behind which the answer begins, told in last_id when it
				  is empty; NULL: no last_id */
	int limit; /* ask the port for one more: it tells whether there is more */
	char start[STREAM_ID_MAX], end[STREAM_ID_MAX];
};

/* A range whose key, none, before, limit and bounds are still to be said. */
struct event_range *event_answer_new(struct api_call *call);
/* The query's bounds and its limit; what is wrong is a fault. */
void event_answer_read(struct body_faults *faults, struct event_range *range);
/*
 * A port_events_cb with a range: {<key>: <id of the path>, "count", "events": [{"id",
 * "event"}, ...], "next", and "last_id" where `before` is}.
 */
void event_answer_send(void *range, enum errors_code error, const char *tenant_id,
		       const struct port_event *events, size_t count);

#endif
