/* bench_baseline.h - what this machine can do at this moment, and what the servers
 * promise */
#ifndef CLI_BENCH_BASELINE_H
#define CLI_BENCH_BASELINE_H

#include "base/err.h"
#include "cli/bench_store.h"

#include <stdbool.h>
#include <stdint.h>

struct bench_house;
struct bench_link;

/* Figures mean little without these. For readers: all. */
struct bench_baseline {
	int cores;
	char filesystem[16]; /* that the servers' data lies on: "ext4", or its number */
	double fdatasync_per_s; /* 8 KiB written and synced, one after the other */
	double fdatasync_p50_ms;
	double fdatasync_p99_ms;
	double evalsha_per_s; /* one small script, one client, one after the other */
	char redis_version[32];
	char appendonly[16];
	char appendfsync[16];
	bool has_postgres;
	struct bench_store_settings postgres;
};

/* Takes about two seconds. */
int bench_baseline_measure(struct bench_house *house, struct bench_link *link,
			   struct bench_baseline *ret, struct err *err);

#endif
