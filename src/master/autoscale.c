/*
 * autoscale.c - the number of workers follows what waits
 *
 * The master speaks to no store: the age of the oldest entry is on the scoreboard, by the
 * keeper, and what is in flight by the workers themselves. When to step is scaling.c; how
 * is acts.c, the same as for a person who asks for it. Such a person stays within the
 * bounds as well, and what was measured until then counts no more.
 *
 * While a reload, an upgrade or a drain is on its way, and while the workers are quiet,
 * nothing is decided: their number is in the balance or means nothing.
 */
#include "master/autoscale.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "master/acts.h"
#include "master/house.h"

bool autoscale_bounds(const struct master *m, int *min, int *max)
{
	int i;

	for (i = 0; i < m->crews.count; i++) {
		const struct kind *kind = m->crews.rows[i].kind;

		if (!(kind->flags & KIND_SCALES) || !kind->fewest || !kind->most)
			continue;
		*min = kind->fewest(m->conf);
		*max = kind->most(m->conf);
		return *min < *max;
	}
	return false;
}

static int64_t oldest_ms(struct master *m)
{
	const struct child *keeper = crews_keeper(&m->crews);

	return keeper && keeper->state == CHILD_READY
		       ? score_get(keeper->score, SCORE_OLDEST_MS)
		       : -1;
}

static struct scaling_look look(struct master *m, const struct crew *crew,
				int64_t now_mono_ms)
{
	struct scaling_look look = {
		.now_mono_ms = now_mono_ms,
		.oldest_ms = oldest_ms(m),
		.count = crew->processes,
		.settled = crews_all_ready(&m->crews, crew),
	};
	const struct seat *seat;

	CREWS_EACH(&m->crews, seat)
	{
		if (seat->crew != crew || seat->role != SEAT_IN_FORCE ||
		    seat->child.state != CHILD_READY)
			continue;
		look.in_flight += score_get(seat->child.score, SCORE_ACTIVE_RUNS);
		look.room += score_get(seat->child.score, SCORE_MAX_RUNS);
	}
	return look;
}

static void step(struct master *m, enum scaling_reason reason,
		 const struct scaling_look *look)
{
	bool grows = scaling_grows(reason);
	struct err err = { .code = 0 };
	struct str text = STR_INIT;

	log_info(grows ? "crew.grow" : "crew.shrink",
		 LOG_S("reason", scaling_reason_name(reason)),
		 LOG_N("processes", look->count), LOG_N("oldest_ms", look->oldest_ms),
		 LOG_N("in_flight", look->in_flight), LOG_N("room", look->room));
	str_printf(&text, "%s, %s", grows ? "one more" : "one less",
		   scaling_reason_name(reason));
	score_text_set(&m->board->scaled, str_text(&text));
	atomic_store_explicit(&m->board->scaled_at_ms, clock_wall_ms(),
			      memory_order_relaxed);
	str_deinit(&text);
	/* what is refused now is said there, and decided anew */
	if (grows)
		(void)acts_more(m, "autoscale", &err);
	else
		(void)acts_less(m, "autoscale", &err);
}

void autoscale_tick(struct master *m, int64_t now_mono_ms)
{
	const struct crew *crew = crews_scaled(&m->crews);
	struct scaling_limits limits = {
		.target_ms = m->conf->worker.wait_target_ms,
		.grow_after_ms = m->conf->worker.grow_after_ms,
		.shrink_after_ms = m->conf->worker.shrink_after_ms,
	};
	bool scales = crew && autoscale_bounds(m, &limits.min, &limits.max);
	enum scaling_reason reason;
	struct scaling_look now;

	atomic_store_explicit(&m->board->scale_min, scales ? limits.min : 0,
			      memory_order_relaxed);
	atomic_store_explicit(&m->board->scale_max, scales ? limits.max : 0,
			      memory_order_relaxed);
	atomic_store_explicit(&m->board->scale_count, crew ? crew->processes : 0,
			      memory_order_relaxed);
	if (!scales || m->draining.active || m->quiet || reload_active(&m->reload) ||
	    upgrade_active(&m->upgrade)) {
		scaling_restart(&m->scaling);
		return;
	}
	now = look(m, crew, now_mono_ms);
	reason = scaling_decide(&m->scaling, &limits, &now);
	if (reason != SCALING_STAY)
		step(m, reason, &now);
}
