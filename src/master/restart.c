/*
 * restart.c - how long a dead child waits for its successor, and when that is degraded
 *
 * Two sorts of death, two answers. A child that had been working is replaced at once: the
 * cause is most likely outside it (the kernel, a person, one bad run, which is charged
 * and set apart). One that died early will most likely do so again: the wait doubles from
 * min to max with each early death of its kind. The wait belongs to the kind and not to
 * the child, since what stops one from starting stops its siblings too, and sixteen of
 * them must not fork sixteen times as often. It is in the upper quarter of its bound: ten
 * forks of a kind in the first minute are the most, with the defaults.
 *
 * More deaths in the window than the ceiling (early ones of the kind, or all of them,
 * times its processes) make the kind degraded: that is said once, and from then on every
 * death waits. It ends when all children are ready and a whole window has passed without
 * a death.
 */
#include "master/restart.h"

#include "base/mem.h"

void restart_init(struct restart *restart, const struct restart_limits *limits)
{
	restart->limits = *limits;
	backoff_init(&restart->backoff, limits->min_ms, limits->max_ms);
	restart->early = 0;
	restart->room = (size_t)(limits->ceiling * limits->processes) + 1;
	restart->deaths = mem_new_n(int64_t, restart->room);
	restart->next = 0;
	restart->last_mono_ms = INT64_MIN;
	restart->degraded = false;
	for (size_t i = 0; i < restart->room; i++)
		restart->deaths[i] = INT64_MIN;
}

void restart_deinit(struct restart *restart)
{
	mem_free(restart->deaths);
	restart->deaths = NULL;
	restart->room = 0;
}

int64_t restart_deaths(const struct restart *restart, int64_t now_mono_ms)
{
	int64_t count = 0;

	for (size_t i = 0; i < restart->room; i++)
		if (restart->deaths[i] != INT64_MIN &&
		    now_mono_ms - restart->deaths[i] < restart->limits.window_ms)
			count++;
	return count;
}

static bool quiet_for_a_window(const struct restart *restart, int64_t now_mono_ms)
{
	return restart->last_mono_ms == INT64_MIN ||
	       now_mono_ms - restart->last_mono_ms >= restart->limits.window_ms;
}

static void restart_calm(struct restart *restart)
{
	backoff_reset(&restart->backoff);
	restart->early = 0;
	restart->degraded = false;
}

int64_t restart_died(struct restart *restart, int64_t now_mono_ms, int64_t lived_ms,
		     bool was_ready, struct rng *rng)
{
	bool early = !was_ready || lived_ms < RESTART_EARLY_MS;
	int64_t bound_ms, wait_ms;

	if (!early && quiet_for_a_window(restart, now_mono_ms))
		restart_calm(restart);
	restart->deaths[restart->next] = now_mono_ms;
	restart->next = (restart->next + 1) % restart->room;
	restart->last_mono_ms = now_mono_ms;
	if (early)
		restart->early++;

	if (restart->early > restart->limits.ceiling ||
	    restart_deaths(restart, now_mono_ms) == (int64_t)restart->room)
		restart->degraded = true;
	if (!early && !restart->degraded)
		return 0;
	bound_ms = backoff_bound(&restart->backoff);
	wait_ms = backoff_next(&restart->backoff, rng);
	return wait_ms + (bound_ms - wait_ms) / 2;
}

void restart_review(struct restart *restart, int64_t now_mono_ms, bool all_ready)
{
	if (all_ready && quiet_for_a_window(restart, now_mono_ms))
		restart_calm(restart);
}
