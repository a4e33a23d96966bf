/* bench_runs.h - how fast durable runs go through the whole house */
#ifndef CLI_BENCH_RUNS_H
#define CLI_BENCH_RUNS_H

#include "base/err.h"
#include "cli/bench_report.h"

#include <stdbool.h>
#include <stdint.h>

struct bench_house;

struct bench_runs_plan {
	int64_t runs; /* of `prequeued` and of `bulk` */
	int64_t workers;
	int64_t seconds; /* of each phase over HTTP */
	bool submit;     /* only `enqueue`, behind a `bulk` that fills tables and log */
};

/*
 * All phases on the house's servers, which must be fresh. An error means that there are
 * no figures: something did not work, or a count was not exact.
 */
int bench_runs_measure(struct bench_house *house, const struct bench_runs_plan *plan,
		       struct bench_report *ret, struct err *err);

#endif
