/*
 * lane.c - how long what a worker of the quarantine lane has claimed may keep it
 *
 * Whoever settles this process's death has to know who was in the claim, so the ring of
 * runs entered starts empty with each. What lives for queue.quarantine_time has shown
 * that it does not kill at once; it goes back to its normal lane, so that one slow run
 * does not keep the lane from the others.
 */
#include "worker/lane.h"

#include "ipc/scoreboard.h"

static void on_lived(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct lane *lane = w->data;

	(void)loop;
	(void)revents;
	ev_timer_stop(lane->loop, w);
	lane->cb(lane->arg);
}

void lane_init(struct lane *lane, struct ev_loop *loop, struct score_slot *score,
	       int64_t time_ms, lane_cb cb, void *arg)
{
	lane->loop = loop;
	lane->score = score;
	lane->cb = cb;
	lane->arg = arg;
	ev_timer_init(&lane->lived, on_lived, 0., (double)time_ms / 1e3);
	lane->lived.data = lane;
}

void lane_deinit(struct lane *lane)
{
	if (lane->loop)
		ev_timer_stop(lane->loop, &lane->lived);
}

void lane_begin(struct lane *lane)
{
	score_recent_clear(&lane->score->recent);
	ev_timer_again(lane->loop, &lane->lived);
}

void lane_end(struct lane *lane)
{
	ev_timer_stop(lane->loop, &lane->lived);
}
