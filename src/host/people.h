/* people.h - runs that wait for people: who has answered */
#ifndef HOST_PEOPLE_H
#define HOST_PEOPLE_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>

struct ev_loop;
struct held;
struct human_wait;
struct people_desk;
struct pg_pool;
struct store_wait;

/* What a run has of it; embedded in its struct held. For readers: any. */
struct people {
	struct list at_desk; /* while something of it waits */
	struct list waits;   /* struct human_wait that the engine gave */
	struct list known;   /* what a takeover found, until the step is there for it */
	bool any;            /* it has asked people, or somebody before had */
	bool look;           /* read soon what there is */
	bool delivered;      /* scratch of one reply */
};

void people_init(struct people *people);
void people_deinit(struct people *people);
/* A takeover found this question, whose end nobody has read. What an earlier one
 * found is forgotten first. */
void people_unlearn(struct people *people);
void people_learn(struct people *people, const struct store_wait *wait);

/*
 * Of one worker process. Answers are read when somebody says so (people_look()), and
 * once a second in any case: while a run waits, others of its paths may go on. owner
 * is borrowed.
 */
struct people_desk *people_desk_new(struct ev_loop *loop, struct pg_pool *pool,
				    const char *owner);
void people_desk_free(struct people_desk *desk);

/* The engine's wait of a run here: serve it (engine/host.h). */
void people_wait(struct people_desk *desk, struct held *held, struct human_wait *wait);
/* Somebody may have answered one of its questions. */
void people_look(struct people_desk *desk, struct held *held);

/* The run leaves this process: nothing that is under way knows it any more. */
void people_leave(struct people_desk *desk, struct held *held);

#endif
