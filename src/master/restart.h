/* restart.h - how long a dead child waits for its successor, and when that is degraded */
#ifndef MASTER_RESTART_H
#define MASTER_RESTART_H

#include "base/backoff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A child that died before it was ready, or sooner than this after its fork, died early.
 */
#define RESTART_EARLY_MS 1000

struct restart_limits {
	int64_t min_ms;    /* wait after the first early death */
	int64_t max_ms;    /* the longest wait */
	int64_t window_ms; /* deaths longer ago are forgotten */
	int64_t ceiling;   /* deaths of one child in the window that are still bearable */
	int processes;     /* children of this kind, at least 1 */
};

/* One per kind of child. Private but for reading degraded. */
struct restart {
	struct restart_limits limits;
	struct backoff backoff;
	int64_t early;   /* early deaths since the kind was calm */
	int64_t *deaths; /* the last `room` moments of death, a ring; owned */
	size_t room;
	size_t next;
	int64_t last_mono_ms; /* of the last death; INT64_MIN: none */
	bool degraded;
};

void restart_init(struct restart *restart, const struct restart_limits *limits);
void restart_deinit(struct restart *restart);

/* A child of this kind died: how long to wait before the next fork, 0 for at once. */
int64_t restart_died(struct restart *restart, int64_t now_mono_ms, int64_t lived_ms,
		     bool was_ready, struct rng *rng);
/* Deaths within the window that ends now, as far as the ring goes back. */
int64_t restart_deaths(const struct restart *restart, int64_t now_mono_ms);
/* Now and then: all_ready says whether every child of the kind takes work. Degraded ends
 * when that is so and nobody died for a window. */
void restart_review(struct restart *restart, int64_t now_mono_ms, bool all_ready);

#endif
