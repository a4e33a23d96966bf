/*
 * sim_bugs.c - bugs that a build can have, to be found
 *
 * Only in the program sim_planted, where SIM_PLANTED is defined. Those of the engine are
 * wrapped around its functions by the linker (--wrap); without the flag there is nothing.
 */
#include "sim_bugs.h"

#include "base/mem.h"
#include "engine/scope.h"
#include "run/state.h"

#include <stdlib.h>
#include <string.h>

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
int __real_scope_join(struct scope *scope, struct scope *const *branches, size_t n,
		      struct err *err);
int __wrap_scope_join(struct scope *scope, struct scope *const *branches, size_t n,
		      struct err *err);

int __wrap_state_apply(struct state *state, const char *delta, size_t len,
		       struct err *err)
{
	static unsigned calls;

	/* one in eight of what a fold applies is forgotten */
	if (planted == SIM_BUG_DELTA && ++calls % 8 == 0)
		return 0;
	return __real_state_apply(state, delta, len, err);
}

static int64_t ended_at_ms(const struct scope *branch)
{
	return branch->history.newest ? branch->history.newest->ended_at_ms : 0;
}

static int by_end(const void *a, const void *b)
{
	int64_t x = ended_at_ms(*(struct scope *const *)a);
	int64_t y = ended_at_ms(*(struct scope *const *)b);

	return (x > y) - (x < y);
}

int __wrap_scope_join(struct scope *scope, struct scope *const *branches, size_t n,
		      struct err *err)
{
	struct scope **sorted;
	int rc;

	if (planted != SIM_BUG_JOIN || n < 2)
		return __real_scope_join(scope, branches, n, err);
	sorted = mem_new_n(struct scope *, n);
	memcpy(sorted, branches, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_end);
	rc = __real_scope_join(scope, sorted, n, err);
	mem_free(sorted);
	return rc;
}
