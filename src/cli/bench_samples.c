/*
 * bench_samples.c - many measured values, and what share of them lies below which
 *
 * All values are kept and sorted when somebody asks: a benchmark has a few hundred
 * thousand of them, and buckets would round the very figures that are wanted.
 */
#include "cli/bench_samples.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

#define ROOM_FIRST 1024

void bench_samples_deinit(struct bench_samples *samples)
{
	mem_free(samples->values);
	*samples = (struct bench_samples){ .values = NULL };
}

void bench_samples_add(struct bench_samples *samples, int64_t value)
{
	if (samples->count == samples->room) {
		samples->room = samples->room ? samples->room * 2 : ROOM_FIRST;
		samples->values = mem_resize(samples->values,
					     samples->room * sizeof(*samples->values));
	}
	samples->values[samples->count++] = value;
	samples->sorted = false;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t bench_samples_at(struct bench_samples *samples, double percent)
{
	size_t rank;

	if (!samples->count)
		return 0;
	if (!samples->sorted)
		qsort(samples->values, samples->count, sizeof(*samples->values), compare);
	samples->sorted = true;
	rank = (size_t)ceil(percent / 100. * (double)samples->count);
	if (rank < 1)
		rank = 1;
	if (rank > samples->count)
		rank = samples->count;
	return samples->values[rank - 1];
}
