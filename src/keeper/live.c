/*
 * live.c - which worker children of this host are alive, by the scoreboard
 *
 * The master says which pids live (it reaps them); the child's own pulse says that its
 * loop turns. A child that is stuck in a run's code has a pid and no pulse: nobody beats
 * for it, but neither is it declared dead for that; the master's watchdog ends it.
 */
#include "keeper/live.h"

#include "base/clock.h"
#include "ipc/scoreboard.h"

#include <string.h>

static bool state_lives(int state)
{
	return state == SCORE_STARTING || state == SCORE_READY || state == SCORE_QUIET ||
	       state == SCORE_DRAINING;
}

/* Draining children keep their slot number; the row belongs to the one started last. */
static bool is_newest(const struct scoreboard *board, const struct score_slot *slot,
		      const char *row_name)
{
	int64_t started = atomic_load(&slot->started_at_ms);
	char other[IDS_MAX];
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct score_slot *at = &board->slots[i];

		if (at == slot || !state_lives(atomic_load(&at->state)))
			continue;
		if (strcmp(score_text_get(&at->row_name, other), row_name) == 0 &&
		    atomic_load(&at->started_at_ms) > started)
			return false;
	}
	return true;
}

bool live_next(const struct scoreboard *board, int64_t stale_ms, int *at,
	       struct live_worker *ret)
{
	char kind[IDS_MAX];

	for (; *at < SCOREBOARD_SLOTS; (*at)++) {
		const struct score_slot *slot = &board->slots[*at];
		int state = atomic_load(&slot->state);

		if (!state_lives(state) && state != SCORE_KILLED)
			continue;
		(void)score_text_get(&slot->kind, kind);
		if (strcmp(kind, "worker") != 0 && strcmp(kind, "quarantine") != 0)
			continue;
		ret->slot = slot;
		ret->quarantine = kind[0] == 'q';
		ret->state = state;
		ret->pid = atomic_load(&slot->pid);
		ret->number = atomic_load(&slot->number);
		ret->generation = atomic_load(&slot->generation);
		(void)score_text_get(&slot->row_name, ret->row_name);
		(void)score_text_get(&slot->incarnation, ret->incarnation);
		ret->pulse_age_ms = clock_mono_ms() - atomic_load(&slot->pulse_mono_ms);
		ret->active_runs = score_get(slot, SCORE_ACTIVE_RUNS);
		ret->max_runs = score_get(slot, SCORE_MAX_RUNS);
		ret->beats = state_lives(state) && ret->incarnation[0] &&
			     ret->pulse_age_ms < stale_ms;
		ret->newest = is_newest(board, slot, ret->row_name);
		(*at)++;
		return true;
	}
	return false;
}
