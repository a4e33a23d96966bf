/* late.h - questions that nobody answered in time, and people who are to be reminded */
#ifndef CLERK_LATE_H
#define CLERK_LATE_H

#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct late;
struct stores;

/* All borrowed for its life. */
struct late_options {
	struct ev_loop *loop;
	struct stores *stores;
	int64_t events_ttl_ms;
	size_t event_max; /* engine.event_max */
};

struct late *late_new(const struct late_options *options);
/* After the stores. */
void late_free(struct late *late);
/* While this clerk leads it looks every second. Harmless when repeated. */
void late_start(struct late *late);
void late_stop(struct late *late);
/* The link to Redis is up again. */
void late_link_up(struct late *late);

#endif
