/*
 * timers.c - deadlines of runs: a binary heap
 *
 * Not libev's timers: tests run on a clock of their own, and a run that waits for a model
 * holds two deadlines that almost never fire. Each timer knows its place, so taking one
 * out costs as much as putting it in.
 */
#include "engine/timers.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/exec.h"

#include <string.h>

void timers_init(struct timers *timers)
{
	memset(timers, 0, sizeof(*timers));
}

void timers_deinit(struct timers *timers)
{
	mem_free(timers->heap);
	timers_init(timers);
}

static void put(struct timers *timers, size_t at, struct timer *timer)
{
	timers->heap[at] = timer;
	timer->place = at;
}

static void sift_up(struct timers *timers, size_t at, struct timer *timer)
{
	while (at > 0) {
		size_t above = (at - 1) / 2;

		if (timers->heap[above]->at_mono_ms <= timer->at_mono_ms)
			break;
		put(timers, at, timers->heap[above]);
		at = above;
	}
	put(timers, at, timer);
}

static void sift_down(struct timers *timers, size_t at, struct timer *timer)
{
	size_t below;

	while ((below = 2 * at + 1) < timers->count) {
		if (below + 1 < timers->count &&
		    timers->heap[below + 1]->at_mono_ms < timers->heap[below]->at_mono_ms)
			below++;
		if (timers->heap[below]->at_mono_ms >= timer->at_mono_ms)
			break;
		put(timers, at, timers->heap[below]);
		at = below;
	}
	put(timers, at, timer);
}

static void take_out(struct timers *timers, struct timer *timer)
{
	struct timer *last = timers->heap[--timers->count];
	size_t at = timer->place;

	if (last == timer)
		return;
	if (at > 0 && timers->heap[(at - 1) / 2]->at_mono_ms > last->at_mono_ms)
		sift_up(timers, at, last);
	else
		sift_down(timers, at, last);
}

static void on_abandon(struct op *op)
{
	struct timers *timers = op->server;

	take_out(timers, mem_container(op, struct timer, op));
}

void timers_arm(struct engine *engine, struct timer *timer, int64_t at_mono_ms)
{
	struct timers *timers = &engine->timers;

	op_launch(&timer->op);
	timer->op.server = timers;
	timer->op.abandon = on_abandon;
	timer->at_mono_ms = at_mono_ms;
	if (timers->count == timers->room) {
		timers->room = timers->room ? timers->room * 2 : 64;
		timers->heap =
			mem_resize(timers->heap, timers->room * sizeof(struct timer *));
	}
	sift_up(timers, timers->count++, timer);
	if (timers->heap[0] == timer)
		engine_want(engine);
}

int64_t timers_run(struct timers *timers, int64_t now_mono_ms)
{
	while (timers->count > 0) {
		struct timer *first = timers->heap[0];

		if (first->at_mono_ms > now_mono_ms)
			return first->at_mono_ms - now_mono_ms;
		take_out(timers, first);
		op_done(&first->op);
	}
	return -1;
}
