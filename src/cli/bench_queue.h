/* bench_queue.h - how fast entries go through the queue */
#ifndef CLI_BENCH_QUEUE_H
#define CLI_BENCH_QUEUE_H

#include "base/err.h"
#include "cli/bench_baseline.h"

#include <stddef.h>
#include <stdint.h>

struct bench_house;

#define BENCH_QUEUE_BATCHES 2

/* One batch size. */
struct bench_queue_round {
	int64_t jobs;
	int64_t batch;
	double enqueue_jobs_per_s; /* admit and enqueue */
	double jobs_per_s;         /* claim and finish */
	double redis_cpu_us;       /* a job, claimed and finished */
	double own_cpu_us;
	double enqueue_redis_cpu_us;
	double call_p50_us; /* one call: `batch` jobs finished, `batch` claimed */
	double call_p99_us;
};

struct bench_queue_result {
	struct bench_queue_round rounds[BENCH_QUEUE_BATCHES];
	size_t count;
	struct bench_baseline baseline;
};

/*
 * Put `jobs` entries into a queue of the house's Redis, then claim and finish them until
 * it is empty, `batch` at a time (0: 50, and then again 200), in this process over one
 * link, one call after the other.
 */
int bench_queue_measure(struct bench_house *house, int64_t jobs, int64_t batch,
			struct bench_queue_result *ret, struct err *err);

#endif
