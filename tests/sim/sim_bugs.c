/*
 * sim_bugs.c - bugs that a build can have, to be found
 *
 * Only in the program sim_planted, where SIM_PLANTED is defined. Those of the engine are
 * wrapped around its functions by the linker (--wrap); without the flag there is nothing.
 */
#include "sim_bugs.h"

#include "run/history.h"
#include "run/state.h"

static enum sim_bug planted;

bool sim_bug(enum sim_bug bug)
{
	return planted == bug;
}

void sim_bugs_plant(enum sim_bug bug)
{
	planted = bug;
}

int __real_state_apply(struct state *state, const char *delta, size_t len,
		       struct err *err);
int __wrap_state_apply(struct state *state, const char *delta, size_t len,
		       struct err *err);
int __real_history_count(const struct history *history,
			 const struct definition_step *step);
int __wrap_history_count(const struct history *history,
			 const struct definition_step *step);

int __wrap_state_apply(struct state *state, const char *delta, size_t len,
		       struct err *err)
{
	static unsigned calls;

	/* one in eight of what a fold applies is forgotten */
	if (planted == SIM_BUG_DELTA && ++calls % 8 == 0)
		return 0;
	return __real_state_apply(state, delta, len, err);
}

int __wrap_history_count(const struct history *history,
			 const struct definition_step *step)
{
	int count = __real_history_count(history, step);

	return planted == SIM_BUG_GUARD && count > 2 ? 2 : count;
}
