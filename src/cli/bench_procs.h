/* bench_procs.h - what processes cost, as /proc tells it */
#ifndef CLI_BENCH_PROCS_H
#define CLI_BENCH_PROCS_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct bench_stat {
	pid_t parent;
	int64_t own_ticks;    /* user and system, all threads */
	int64_t reaped_ticks; /* of children that it has waited for */
};

/*
 * The text of /proc/<pid>/stat, and of /proc/<pid>/smaps_rollup. ERR_INPUT: it is none.
 */
int bench_procs_parse_stat(const char *text, struct bench_stat *ret);
int bench_procs_parse_pss(const char *text, int64_t *ret_kib);

/* CPU time of a process so far. ERR_NOT_FOUND: it is gone. */
int bench_procs_cpu_us(pid_t pid, int64_t *ret, struct err *err);
/*
 * The same of a process and its children, those that have ended and were waited for
 * included: it never goes down.
 */
int bench_procs_family_cpu_us(pid_t pid, int64_t *ret, struct err *err);
/* Its share of memory: private pages and its part of shared ones. */
int bench_procs_pss_kib(pid_t pid, int64_t *ret, struct err *err);

#endif
