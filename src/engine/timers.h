/* timers.h - deadlines of runs: a heap, on the host's monotonic clock */
#ifndef ENGINE_TIMERS_H
#define ENGINE_TIMERS_H

#include "engine/op.h"

#include <stddef.h>
#include <stdint.h>

struct engine;

/* Embedded in a frame. Its op completes at the moment. */
struct timer {
	struct op op;
	int64_t at_mono_ms;
	size_t place; /* in the heap, while armed */
};

/* The engine's. */
struct timers {
	struct timer **heap; /* owned; the earliest first */
	size_t count;
	size_t room;
};

void timers_init(struct timers *timers);
void timers_deinit(struct timers *timers);
/* The op is idle and initialised; it flies until the moment or op_detach(). */
void timers_arm(struct engine *engine, struct timer *timer, int64_t at_mono_ms);
/* Complete the ops that are due. Returns ms to the next one, -1 when none is armed. */
int64_t timers_run(struct timers *timers, int64_t now_mono_ms);

#endif
