/* lane.h - how long what a worker of the quarantine lane has claimed may keep it */
#ifndef WORKER_LANE_H
#define WORKER_LANE_H

#include "base/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct score_slot;

/* What was claimed has lived for that long and is not over: hand it back. */
typedef void (*lane_cb)(void *arg);

/* Embedded. One run, or one cohort, at a time. */
struct lane {
	struct ev_loop *loop;
	struct score_slot *score;
	ev_timer lived;
	lane_cb cb;
	void *arg;
};

void lane_init(struct lane *lane, struct ev_loop *loop, struct score_slot *score,
	       int64_t time_ms, lane_cb cb, void *arg);
/* Fine on a zeroed struct. */
void lane_deinit(struct lane *lane);
/* Something was claimed. */
void lane_begin(struct lane *lane);
/* Nothing of it is held any more. */
void lane_end(struct lane *lane);

#endif
