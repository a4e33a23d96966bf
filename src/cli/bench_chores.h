/* bench_chores.h - what the servers do now and then: before a phase, not in it */
#ifndef CLI_BENCH_CHORES_H
#define CLI_BENCH_CHORES_H

#include "base/err.h"
#include "cli/bench_store.h"

#include <stdint.h>

struct bench_house;
struct bench_link;

/* Since the servers began, or between two looks. */
struct bench_chores {
	struct bench_store_wal wal; /* files: made, since none was there to recycle */
	int64_t aof_rewrites;       /* 0 before Redis 7, which does not count them */
};

/*
 * A checkpoint of Postgres, a rewrite of Redis' file, and all of it on the disk.
 * BLOCKING; ERR_TIMEOUT: the rewrite does not end.
 */
int bench_chores_do(struct bench_house *house, struct bench_link *link, struct err *err);
int bench_chores_read(struct bench_house *house, struct bench_link *link,
		      struct bench_chores *ret, struct err *err);
/* *since becomes what happened since then. */
int bench_chores_since(struct bench_house *house, struct bench_link *link,
		       struct bench_chores *since, struct err *err);

#endif
