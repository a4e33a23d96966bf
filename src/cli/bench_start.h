/* bench_start.h - how soon an idle fleet starts what was enqueued */
#ifndef CLI_BENCH_START_H
#define CLI_BENCH_START_H

#include "base/err.h"
#include "cli/bench_samples.h"

#include <stddef.h>
#include <stdint.h>

struct bench_daemon;
struct bench_house;
struct bench_link;

struct bench_start_plan {
	const char *orchestration_id;
	int64_t version;
	int64_t count; /* runs, one at a time */
};

/*
 * Insert a run's row, let the fleet rest for some 20 ms, send the enqueue script, and see
 * when a worker of the daemon entered the code of a run. ret gets the microseconds from
 * *sending* the script to that moment: more than the start latency that DESIGN 10.7
 * bounds, which begins when the script ends. ERR_TIMEOUT: a run was not started.
 */
int bench_start_measure(struct bench_house *house, struct bench_daemon *daemon,
			struct bench_link *link, const struct bench_start_plan *plan,
			struct bench_samples *ret, struct err *err);

#endif
