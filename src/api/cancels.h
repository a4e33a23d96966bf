/* cancels.h - runs that somebody wants to stop, from the API's side (DESIGN 4.8) */
#ifndef API_CANCELS_H
#define API_CANCELS_H

#include "api/errors.h"

#include <stddef.h>
#include <stdint.h>

struct cancels;
struct ev_loop;
struct next_turns;
struct pg_pool;
struct redis_link;
struct redis_scripts;

/* All borrowed for the life of the cancels. */
struct cancels_parts {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct redis_link *link;
	const struct redis_scripts *scripts;
	struct next_turns *turns; /* of chats: who comes after one that ended here */
	int64_t events_ttl_ms;
	size_t event_max; /* engine.event_max */
};

/*
 * status: "cancellation_requested": the run has ended cancelled, or whoever has it was
 * told; or, if it had ended before, how it ended: "completed", "failed", "cancelled".
 * NULL when error is not ERRORS_NONE. Borrowed.
 */
typedef void (*cancels_cb)(void *arg, enum errors_code error, const char *status);

struct cancels *cancels_new(const struct cancels_parts *parts);
/* After the pool and the link: what was not answered is answered with ERRORS_DRAINING. */
void cancels_free(struct cancels *cancels);

/*
 * Cancel a run. tenant_id: only if it is this tenant's; NULL: whoever's. Texts are
 * copied. cb comes once, from inside or later, when Postgres has it. ERRORS_NO_RUN.
 */
void cancels_run(struct cancels *cancels, const char *run_id, const char *tenant_id,
		 cancels_cb cb, void *arg);

/* The link is up again: events that wait go out. */
void cancels_link_up(struct cancels *cancels);

/* Call idle(arg) once, now or from the loop, when nothing is under way, the events of
 * runs that were ended here included. */
void cancels_when_idle(struct cancels *cancels, void (*idle)(void *arg), void *arg);

#endif
