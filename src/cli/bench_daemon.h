/* bench_daemon.h - a daemon that a benchmark starts, and its scoreboard */
#ifndef CLI_BENCH_DAEMON_H
#define CLI_BENCH_DAEMON_H

#include "base/err.h"
#include "cli/dev_process.h"
#include "ipc/scoreboard.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_house;

#define BENCH_DAEMON_PIDS 256

/* Embed it zeroed: it does not run. For readers: all. */
struct bench_daemon {
	struct bench_house *house; /* borrowed */
	const char *name;          /* static: of its folders and its log */
	struct dev_process process;
	int port;                       /* of its API, on loopback */
	const struct scoreboard *board; /* of its own mapping */
	int64_t pids_sum;               /* of the children it had when it was ready */
};

/*
 * This binary again, configured by its environment alone, with data and run folders of
 * its own in the house; returns when each child has said that it is ready.
 */
int bench_daemon_start(struct bench_daemon *daemon, struct bench_house *house,
		       const char *name, const char *roles, int64_t workers,
		       struct err *err);
/*
 * Ask it to drain and leave. ERR_TIMEOUT: it had to be killed. Fine when it does not run.
 */
int bench_daemon_stop(struct bench_daemon *daemon, struct err *err);
/* ERR_CONFLICT when it has ended or a child was started again since it was ready: what
 * is measured then is something else. */
int bench_daemon_check(struct bench_daemon *daemon, struct err *err);

/* Its children of a kind (NULL: all) that live. */
size_t bench_daemon_pids(const struct bench_daemon *daemon, const char *kind,
			 pid_t pids[BENCH_DAEMON_PIDS]);
/* A counter of all children of a kind, added up. */
int64_t bench_daemon_count(const struct bench_daemon *daemon, const char *kind,
			   enum score_counter counter);
/* When a worker entered the code of a fresh run last; 0: never. */
int64_t bench_daemon_last_start_us(const struct bench_daemon *daemon);

#endif
