/* said.h - what was said before in the conversation that a run is a turn of */
#ifndef HOST_SAID_H
#define HOST_SAID_H

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

/* Serve it (engine/host.h): the answered turns of its session with that agent, before
 * this one. A run that is no turn has none. */
void said_find(struct said *said, const char *run_id, struct history_find *find);

#endif
