/*
 * backoff.c - how long to wait before the next try
 *
 * Half of the wait is fixed and half random: a fleet that lost the same server comes back
 * spread out, and nobody comes back at once.
 */
#include "base/backoff.h"

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms)
{
	backoff->min_ms = min_ms > 0 ? min_ms : 1;
	backoff->max_ms = max_ms > backoff->min_ms ? max_ms : backoff->min_ms;
	backoff->tries = 0;
}

int64_t backoff_bound(const struct backoff *backoff)
{
	int64_t wait_ms = backoff->min_ms;
	int i;

	for (i = 0; i < backoff->tries && wait_ms < backoff->max_ms; i++)
		wait_ms = wait_ms > backoff->max_ms / 2 ? backoff->max_ms : wait_ms * 2;
	return wait_ms;
}

int64_t backoff_next(struct backoff *backoff, struct rng *rng)
{
	int64_t wait_ms = backoff_bound(backoff);

	if (backoff->tries < 1 << 20)
		backoff->tries++;
	wait_ms = wait_ms / 2 + (int64_t)rng_below(rng, (uint64_t)(wait_ms / 2 + 1));
	return wait_ms < backoff->min_ms ? backoff->min_ms : wait_ms;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->tries = 0;
}
