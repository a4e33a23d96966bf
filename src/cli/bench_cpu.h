/* bench_cpu.h - what everybody has used of the cores so far, by groups */
#ifndef CLI_BENCH_CPU_H
#define CLI_BENCH_CPU_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct bench_daemon;
struct bench_house;
struct bench_link;

enum bench_cpu_group {
	BENCH_CPU_REDIS,    /* all its processes */
	BENCH_CPU_POSTGRES, /* the same */
	BENCH_CPU_API,
	BENCH_CPU_WORKER,
	BENCH_CPU_MASTER, /* masters and keepers */
	BENCH_CPU_LOAD,   /* this program and what it forked to make the load */
	BENCH_CPU_GROUPS,
};

/* Microseconds since the start of each; two of them are subtracted. */
struct bench_cpu {
	int64_t us[BENCH_CPU_GROUPS];
	int64_t redis_script_us; /* of Redis: within EVALSHA */
	int64_t redis_event_us;  /* of Redis: within XADD and PEXPIRE, outside scripts */
	int64_t redis_scripts;   /* calls of scripts */
};

/* link: to ask Redis. daemons: those that run, NULLs among them are fine. */
int bench_cpu_read(const struct bench_house *house, struct bench_daemon *const *daemons,
		   size_t count, struct bench_link *link, struct bench_cpu *ret,
		   struct err *err);
/* ret = a - b */
void bench_cpu_minus(const struct bench_cpu *a, const struct bench_cpu *b,
		     struct bench_cpu *ret);
/* "redis", "postgres"...; static. */
const char *bench_cpu_name(enum bench_cpu_group group);

#endif
