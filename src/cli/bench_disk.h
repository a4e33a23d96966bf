/* bench_disk.h - what a flush costs on the disk that the servers' data lies on */
#ifndef CLI_BENCH_DISK_H
#define CLI_BENCH_DISK_H

#include "base/err.h"

#include <stdint.h>

struct bench_house;
struct bench_samples;

/*
 * For so long, 8 KiB written and synced, as Postgres' log is: into a file that is there
 * already. rate_per_s 0: one after the other, and a sample is how long one took. Else a
 * commit is due each 1/rate_per_s s, a flush has all that are due when it begins, and a
 * sample is how long after its moment a commit was in: a log that does nothing else.
 * Appends to took_us.
 */
int bench_disk_sync(struct bench_house *house, int rate_per_s, int64_t ms,
		    struct bench_samples *took_us, struct err *err);

#endif
