/*
 * draining.c - the order in which a host empties itself
 *
 * What takes work from outside goes first (api), then what executes it (workers), last
 * the keeper, which puts back what the others held. One deadline covers all but the last
 * group: each takes an equal share of what is left when its turn comes, and what it does
 * not need goes to those behind it. The last group waits until every death is settled,
 * and gets at least DRAINING_FAST_MS of its own for that, so the whole ends within the
 * deadline and that.
 */
#include "master/draining.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/kind.h"
#include "master/crews.h"

#include <limits.h>

/* What the last group needs to leave, once it has nothing to wait for. */
#define LAST_LEAVES_MS (DRAINING_FAST_MS / 2)

int64_t draining_share(int64_t now_mono_ms, int64_t deadline_mono_ms,
		       int groups_before_last)
{
	int64_t left_ms = deadline_mono_ms - now_mono_ms;

	if (groups_before_last > 0)
		return now_mono_ms + (left_ms > 0 ? left_ms / groups_before_last : 0);
	return left_ms > DRAINING_FAST_MS ? deadline_mono_ms
					  : now_mono_ms + DRAINING_FAST_MS;
}

static void on_gate(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents; /* the turn of the loop is what was wanted */
}

void draining_init(struct draining *draining, struct ev_loop *loop, struct list *seats)
{
	draining->loop = loop;
	draining->seats = seats;
	draining->active = draining->fast = draining->at_once = false;
	draining->order = INT_MAX;
	draining->deadline_mono_ms = draining->last_deadline_mono_ms = 0;
	draining->reason = "";
	ev_timer_init(&draining->gate, on_gate, 0., 0.);
}

void draining_deinit(struct draining *draining)
{
	if (draining->loop)
		ev_timer_stop(draining->loop, &draining->gate);
}

void draining_start(struct draining *draining, const char *reason, int64_t total_ms)
{
	draining->active = true;
	draining->reason = reason;
	draining->at_once = total_ms == 0;
	draining->deadline_mono_ms = clock_mono_ms() + total_ms;
}

/* The highest order below `below` that somebody who is still there has; INT_MIN: none. */
static int order_below(const struct draining *draining, int below)
{
	struct list *node;
	int order = INT_MIN;

	for (node = draining->seats->next; node != draining->seats; node = node->next) {
		const struct child *child = &crews_seat_at(node)->child;

		if (child->state != CHILD_RETIRED && child->kind->order < below &&
		    child->kind->order > order)
			order = child->kind->order;
	}
	return order;
}

static int64_t group_deadline(struct draining *draining, int order)
{
	int64_t now_mono_ms = clock_mono_ms();
	int groups = 0, next;

	if (draining->at_once)
		return now_mono_ms;
	for (next = order_below(draining, order); next != INT_MIN;
	     next = order_below(draining, next))
		groups++;
	if (groups == 0) {
		if (!draining->last_deadline_mono_ms)
			draining->last_deadline_mono_ms = draining_share(
				now_mono_ms, draining->deadline_mono_ms, 0);
		return draining->last_deadline_mono_ms;
	}
	return draining_share(now_mono_ms, draining->deadline_mono_ms, groups);
}

static void group_tell(struct draining *draining, int order, int64_t deadline_mono_ms)
{
	struct list *node;

	log_info("master.draining_group", LOG_N("order", order),
		 LOG_N("wait_ms", deadline_mono_ms - clock_mono_ms()));
	for (node = draining->seats->next; node != draining->seats; node = node->next) {
		struct child *child = &crews_seat_at(node)->child;

		if (child->kind->order == order)
			child_drain(child, draining->reason, deadline_mono_ms);
	}
}

void draining_hurry(struct draining *draining, int64_t total_ms)
{
	int64_t deadline_mono_ms = clock_mono_ms() + total_ms;

	if (total_ms == 0)
		draining->at_once = true;
	if (draining->deadline_mono_ms > deadline_mono_ms)
		draining->deadline_mono_ms = deadline_mono_ms;
	if (draining->last_deadline_mono_ms) {
		deadline_mono_ms = draining_share(clock_mono_ms(), deadline_mono_ms, 0);
		if (draining->last_deadline_mono_ms > deadline_mono_ms)
			draining->last_deadline_mono_ms = deadline_mono_ms;
	}
	if (draining->order != INT_MAX)
		group_tell(draining, draining->order,
			   group_deadline(draining, draining->order));
}

/* Whether the last group should stay a little for the deaths that are not settled. */
static bool last_group_stays(struct draining *draining, int deaths_waiting,
			     int64_t deadline_mono_ms)
{
	int64_t left_ms = deadline_mono_ms - LAST_LEAVES_MS - clock_mono_ms();

	if (!deaths_waiting || draining->at_once || left_ms <= 0)
		return false;
	ev_timer_stop(draining->loop, &draining->gate);
	ev_now_update(draining->loop);
	ev_timer_set(&draining->gate, (double)left_ms / 1000.0 + 0.001, 0.);
	ev_timer_start(draining->loop, &draining->gate);
	return true;
}

bool draining_advance(struct draining *draining, int deaths_waiting)
{
	int64_t deadline_mono_ms;
	int order;

	if (!draining->active)
		return false;
	for (;;) {
		order = order_below(draining, INT_MAX);
		if (order == INT_MIN)
			return true;
		if (order == draining->order)
			return false; /* they are at it */
		deadline_mono_ms = group_deadline(draining, order);
		if (order_below(draining, order) == INT_MIN &&
		    last_group_stays(draining, deaths_waiting, deadline_mono_ms))
			return false;
		draining->order = order;
		group_tell(draining, order, deadline_mono_ms);
		/* a group without processes is gone by now */
	}
}
