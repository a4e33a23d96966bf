/* intake_in.h - what the sources of a worker share: for intake.c, source.c and job.c
 * alone */
#ifndef WORKER_INTAKE_IN_H
#define WORKER_INTAKE_IN_H

#include "base/loop.h"
#include "worker/intake.h"
#include "worker/source.h"

struct intake {
	struct intake_options options;
	struct host_scale *host;
	struct definition_cache *definitions;
	struct next_turns *turns;
	struct source *sources;
	size_t source_count;
	size_t first; /* the source that calls first in this turn */
	size_t jobs;  /* in all states but LEFT */
	size_t slots;
	bool quiet;
	bool draining;
	bool master_silent; /* as it was said */
	ev_prepare turn;    /* calls go out once a turn */
	ev_timer retry; /* after a call that failed, and for what waits for Postgres */
	ev_timer mail;  /* with jobs or quiet: calls that nothing else causes */
	void (*done)(void *arg);
	void *done_arg;
};

/* Something waits for Postgres or Redis that no answer will wake. */
void intake_retry_later(struct intake *intake);

#endif
