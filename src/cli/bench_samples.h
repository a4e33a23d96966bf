/* bench_samples.h - many measured values, and what share of them lies below which */
#ifndef CLI_BENCH_SAMPLES_H
#define CLI_BENCH_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embed it zeroed. For readers: count. */
struct bench_samples {
	int64_t *values; /* owned */
	size_t count;
	size_t room;
	bool sorted;
};

void bench_samples_deinit(struct bench_samples *samples);
void bench_samples_add(struct bench_samples *samples, int64_t value);
/*
 * The smallest of them that at least `percent` (0 < percent <= 100) of them do not exceed
 * (nearest rank: a value that was measured, none in between). 0 when there is none.
 */
int64_t bench_samples_at(struct bench_samples *samples, double percent);

#endif
