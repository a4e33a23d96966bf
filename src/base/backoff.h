/* backoff.h - how long to wait before the next try: exponential with full jitter */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include "base/rng.h"

#include <stdint.h>

struct backoff {
	int64_t min_ms; /* 1.. */
	int64_t max_ms; /* the cap, >= min_ms */
	int tries;      /* for readers: failures since the last success */
};

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms);
/* After a failure: the wait before the next try, in min_ms..max_ms, random in the upper
 * half of min_ms * 2^tries. */
int64_t backoff_next(struct backoff *backoff, struct rng *rng);
/* The longest wait that the next call may give. */
int64_t backoff_bound(const struct backoff *backoff);
/* After a success. */
void backoff_reset(struct backoff *backoff);

#endif
