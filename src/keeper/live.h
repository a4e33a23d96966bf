/* live.h - which worker children of this host are alive, by the scoreboard */
#ifndef KEEPER_LIVE_H
#define KEEPER_LIVE_H

#include "base/ids.h"

#include <stdbool.h>
#include <stdint.h>

struct score_slot;
struct scoreboard;

/* One worker child; texts are copies. */
struct live_worker {
	const struct score_slot *slot; /* borrowed from the board */
	char row_name[IDS_MAX];
	char incarnation[IDS_MAX];
	int pid;
	int number;
	int generation;
	int state; /* enum score_state */
	int64_t pulse_age_ms;
	int64_t active_runs;
	int64_t max_runs;
	bool beats;      /* the process lives and its loop turned within stale_ms */
	bool quarantine; /* serves the lane of suspects */
	bool newest;     /* of its slot: the registry row is its own */
};

/* Step through the board's worker children: `int at = 0; while (live_next(...))`. */
bool live_next(const struct scoreboard *board, int64_t stale_ms, int *at,
	       struct live_worker *ret);

#endif
