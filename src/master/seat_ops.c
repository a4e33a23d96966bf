/*
 * seat_ops.c - what the seats ask of the master
 *
 * All of it comes from callbacks of the loop: what forks, frees or stops a child is left
 * to the time between two turns.
 */
#include "master/seat_ops.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "master/autopsy.h"
#include "master/house.h"

#include <stdio.h>

static void on_child_start(struct child *child)
{
	crews_seat_of(child)->due = true;
}

static void on_child_ready(struct child *child)
{
	const struct master *m = child->owner;

	log_info("child.ready", LOG_S("child_kind", child->kind->name),
		 LOG_N("child_slot", child->slot), LOG_N("child", child->pid),
		 LOG_N("took_ms", clock_mono_ms() - child->started_mono_ms));
	if (m->quiet && (child->kind->flags & KIND_HOLDS_JOBS))
		child_quiet(child);
}

static void on_child_obituary_done(struct child *child, int index, int pid)
{
	struct master *m = child->owner;

	obits_done(&m->obits, index, pid);
}

/* The keeper says so every few seconds, so nothing is kept here: what is still leaving is
 * started again after the next word. */
static void on_child_wanted(struct child *keeper, bool wanted)
{
	struct master *m = keeper->owner;
	struct seat *seat;

	CREWS_EACH(&m->crews, seat)
	{
		struct child *child = &seat->child;

		if (!(child->kind->flags & KIND_ON_DEMAND) || m->draining.active)
			continue;
		if (wanted && child->state == CHILD_RETIRED)
			child_start(child);
		else if (!wanted && child->state != CHILD_RETIRED && !child->leaving)
			child_drain(child, "not_wanted",
				    clock_mono_ms() + m->conf->drain.deadline_ms);
	}
}

/*
 * One that waits for a store would have to wait again if it were replaced. Not so in a
 * reload, which is taken back instead: the generation in force may have its stores.
 */
static bool on_child_may_wait(struct child *child)
{
	const struct master *m = child->owner;
	const struct seat *seat = crews_seat_of(child);
	int64_t pulse_mono_ms;

	if (seat->role == SEAT_CANDIDATE || !(child->kind->flags & KIND_NEEDS_STORES) ||
	    !score_get(child->score, SCORE_STORES_WAITED))
		return false;
	pulse_mono_ms =
		atomic_load_explicit(&child->score->pulse_mono_ms, memory_order_relaxed);
	return clock_mono_ms() - pulse_mono_ms <= m->conf->queue.pulse_stale_ms;
}

static int64_t on_child_died(struct child *child, const struct reaper_death *death,
			     const char *why)
{
	struct master *m = child->owner;
	struct seat *seat = crews_seat_of(child);
	struct crew *crew = seat->crew;
	int64_t now_mono_ms = clock_mono_ms();
	int64_t lived_ms = now_mono_ms - child->started_mono_ms;
	char cause[REAPER_CAUSE_MAX + 32];

	(void)reaper_cause(death, crew->last_cause);
	(void)snprintf(cause, sizeof(cause), "%s%s%s", why ? why : "", why ? ": " : "",
		       crew->last_cause);
	autopsy_record(m, child, cause, lived_ms,
		       child->leaving && !why && !death->by_signal && death->number == 0);
	if ((child->kind->flags & KIND_HOLDS_JOBS) && crews_keeper(&m->crews))
		obits_record(&m->obits, child->index, cause, clock_wall_ms());
	else
		obits_free_slot(&m->obits, child->index);
	if (child->leaving)
		return 0;
	if (seat->role == SEAT_CANDIDATE) {
		/* no reason to doubt the generation in force */
		reload_failed(m, child, cause);
		return RESTART_EARLY_MS;
	}
	/* one of the lane dies of what it is given: that it was ready says that another
	 * one can work, however short its life was */
	if ((child->kind->flags & KIND_ON_DEMAND) && child->ready_once &&
	    lived_ms < RESTART_EARLY_MS)
		lived_ms = RESTART_EARLY_MS;
	return restart_died(&crew->restart, now_mono_ms, lived_ms, child->ready_once,
			    &m->rng);
}

static void on_child_retired(struct child *child)
{
	crews_seat_of(child)->due = false;
}

const struct child_ops seat_ops = {
	.start = on_child_start,
	.ready = on_child_ready,
	.obituary_done = on_child_obituary_done,
	.wanted = on_child_wanted,
	.may_wait = on_child_may_wait,
	.died = on_child_died,
	.retired = on_child_retired,
};

int64_t seat_ops_no_fork(struct master *m, struct seat *seat, const char *why)
{
	struct crew *crew = seat->crew;

	(void)snprintf(crew->last_cause, sizeof(crew->last_cause), "no fork: %.40s", why);
	if (seat->role == SEAT_CANDIDATE) {
		reload_failed(m, &seat->child, crew->last_cause);
		return RESTART_EARLY_MS;
	}
	return restart_died(&crew->restart, clock_mono_ms(), 0, false, &m->rng);
}
