/* spawn.h - the fork */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include "base/err.h"
#include "ipc/kind.h"

struct spawn_plan {
	const struct kind *kind;
	/* What the child gets. spawn_fork() fills in master_fd; the listening descriptors
	 * that its kind does not ask for must be -1. */
	const struct child_env *env;
	/*
	 * In the child, before its entry function: stop, close and free everything that
	 * the master owns, but for the scoreboard, the configuration and the descriptors
	 * in keep.
	 */
	void (*drop)(void *arg, const struct child_env *keep);
	void *arg;
};

struct spawn_result {
	int pid;
	int pidfd; /* the caller's */
	int fd;    /* our end of the ipc socket; the caller's */
};

/*
 * Returns 1 in the master and fills *ret. Returns 0 in the child, when its entry function
 * is done: *exit_code is set, plan and everything of the master is gone, and the caller
 * returns to main() without touching either. ERR_SYS: no child, nothing is left open.
 */
int spawn_fork(const struct spawn_plan *plan, struct spawn_result *ret, int *exit_code,
	       struct err *err);

#endif
