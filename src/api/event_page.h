/* event_page.h - a range of a run's events, from its stream and, where that has holes,
 * from its journal */
#ifndef API_EVENT_PAGE_H
#define API_EVENT_PAGE_H

#include "api/errors.h"
#include "api/runs_port.h"

#include <stdbool.h>
#include <stddef.h>

struct pg_pool;
struct redis_link;

/* Texts are read before the call returns. */
struct event_page_ask {
	struct redis_link *link;
	struct pg_pool *pool;
	const char *run_id;
	const char *start; /* as stream_id_start() writes it */
	const char *end;
	int limit;
	bool ended; /* the row says so: the last event is `done` */
	bool plain; /* a chat with an agent: events as chat_view.h says */
};

/* Once, later or at once. Events are borrowed for the call, in order, at most limit. */
typedef void (*event_page_cb)(void *arg, enum errors_code error,
			      const struct port_event *events, size_t count);

void event_page_read(const struct event_page_ask *ask, event_page_cb cb, void *arg);

#endif
