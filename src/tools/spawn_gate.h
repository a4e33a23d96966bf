/*
 * spawn_gate.h - how a worker starts other programs: through a small process of its own
 */
#ifndef TOOLS_SPAWN_GATE_H
#define TOOLS_SPAWN_GATE_H

#include "base/err.h"
#include "base/list.h"
#include "base/loop.h"
#include "tools/spawn_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spawn_gate;

/* All borrowed for the call of spawn_gate_start(). */
struct spawn_gate_plan {
	const char *const *argv; /* ended by NULL; argv[0] is a path */
	const char *const *env;  /* "NAME=value", ended by NULL; all of it */
	const int *fds;          /* become 0, 1, 2... */
	size_t fds_count;        /* 3..SPAWN_FDS_MAX */
	uint32_t uid;            /* to become; 0: stay who we are */
	struct spawn_limits limits;
};

/*
 * A program that was started, embedded in its owner's struct. on_end is called once,
 * when its process was reaped or could not be made; it may free the owner.
 */
struct spawn_gate_child {
	struct list node; /* the gate's */
	struct spawn_gate *gate;
	uint32_t id;
	int pid;          /* of its group; 0: not told yet */
	bool kill_wanted; /* the gate could not be told yet */
	/* status as waitpid() has it; -1: no process was made, sys_errno says why. */
	void (*on_end)(struct spawn_gate_child *child, int status, int sys_errno);
};

/*
 * Fork it. In a fresh child, before it has opened anything: the process gets none of
 * what is opened later. The caller owns it.
 */
int spawn_gate_open(struct spawn_gate **ret, struct err *err);
/*
 * Serve it on the loop. on_lost: the process has died, and the helpers with it (on_end
 * was called for each); no program can be started any more.
 */
void spawn_gate_watch(struct spawn_gate *gate, struct ev_loop *loop,
		      void (*on_lost)(void *arg), void *arg);
/* Ends all that was started (nobody's on_end is called) and waits, up to two
 * seconds, until nothing of it is left. NULL is fine. Before the loop is destroyed. */
void spawn_gate_close(struct spawn_gate *gate);

/*
 * Start a program in a process group of its own. Returns 0: on_end will come; ERR_FULL
 * when there are SPAWN_HELPERS already or the gate does not keep up; ERR_CLOSED when it
 * is gone; ERR_LIMIT when arguments and variables are too long.
 */
int spawn_gate_start(struct spawn_gate *gate, const struct spawn_gate_plan *plan,
		     struct spawn_gate_child *child, struct err *err);
/* SIGKILL for its group; on_end comes when it is reaped. Fine when repeated. */
void spawn_gate_kill(struct spawn_gate_child *child);
/* For an owner that goes before on_end: it is killed, and on_end is not called. Fine
 * for a child that is zeroed or has ended. */
void spawn_gate_forget(struct spawn_gate_child *child);
/* Processes not reaped yet. */
size_t spawn_gate_count(const struct spawn_gate *gate);

#endif
