/* said.h - what was said before in the conversation that a run is a turn of */
#ifndef HOST_SAID_H
#define HOST_SAID_H

#include <stdint.h>

struct ev_loop;
struct history_find;
struct pg_pool;
struct said;

/* Turns that an agent is told of, the newest (CONTRACT 6.3). */
#define SAID_TURNS 10

/* In a worker child; both are borrowed. */
struct said *said_new(struct ev_loop *loop, struct pg_pool *pool);
/* Nobody waits any more. NULL is fine. */
void said_free(struct said *said);

/* What is asked for; borrowed for the call. */
struct said_ask {
	const char *run_id;     /* who asks */
	const char *session_id; /* that it is of; NULL: nothing was said before */
	int64_t before;         /* this turn */
};

/* Serve it (engine/host.h): the answered turns of the session with that agent, unless
 * they are another tenant's. */
void said_find(struct said *said, const struct said_ask *ask, struct history_find *find);

#endif
