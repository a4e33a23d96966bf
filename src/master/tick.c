/*
 * tick.c - what the master does each second
 *
 * It marks its pulse, looks at those of the children, reviews what is known of their
 * deaths and feeds systemd's watchdog while at least one child's loop turns.
 */
#include "master/tick.h"

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "ipc/scoreboard.h"
#include "master/autoscale.h"
#include "master/house.h"

#define TICK_MS 1000
/*
 * A tick that came this late means that we did not run, and then others did not either.
 */
#define TICK_LATE_MS 2000

static bool any_fresh_pulse(const struct master *m, int64_t now_mono_ms)
{
	const struct seat *seat;
	int seen = 0;

	CREWS_EACH(&m->crews, seat)
	{
		const struct score_slot *score = seat->child.score;

		if (!score)
			continue;
		seen++;
		if (now_mono_ms - atomic_load_explicit(&score->pulse_mono_ms,
						       memory_order_relaxed) <=
		    m->conf->queue.pulse_stale_ms)
			return true;
	}
	return seen == 0; /* nobody there is not the same as all of them stuck */
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct master *m = w->data;
	int64_t now_mono_ms = clock_mono_ms();
	bool late = now_mono_ms - m->last_tick_mono_ms > TICK_MS + TICK_LATE_MS;
	struct seat *seat;
	int i;

	(void)loop;
	(void)revents;
	if (late)
		log_warn("master.tick_late",
			 LOG_N("late_ms", now_mono_ms - m->last_tick_mono_ms - TICK_MS));
	m->last_tick_mono_ms = now_mono_ms;
	atomic_store_explicit(&m->board->master_pulse_mono_ms, now_mono_ms,
			      memory_order_relaxed);
	CREWS_EACH(&m->crews, seat)
	{
		if (late)
			seat->child.watch_from_mono_ms = now_mono_ms;
		child_check_pulse(&seat->child, now_mono_ms,
				  m->conf->queue.pulse_stale_ms);
	}
	for (i = 0; i < m->crews.count; i++)
		restart_review(&m->crews.rows[i].restart, now_mono_ms,
			       crews_all_ready(&m->crews, &m->crews.rows[i]));
	autoscale_tick(m, now_mono_ms);
	if (any_fresh_pulse(m, now_mono_ms))
		sdnotify_tick(&m->sd, now_mono_ms);
}

void tick_start(struct master *m)
{
	m->last_tick_mono_ms = clock_mono_ms();
	ev_timer_init(&m->tick, on_tick, TICK_MS / 1000.0, TICK_MS / 1000.0);
	m->tick.data = m;
	ev_timer_start(m->loop, &m->tick);
}

void tick_stop(struct master *m)
{
	ev_timer_stop(m->loop, &m->tick);
}
