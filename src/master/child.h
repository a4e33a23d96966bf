/* child.h - one seat of a kind: the process in it comes and goes */
#ifndef MASTER_CHILD_H
#define MASTER_CHILD_H

#include "base/loop.h"
#include "ipc/scoreboard.h"
#include "master/reaper.h"

#include <stdbool.h>
#include <stdint.h>

struct kind;

enum child_state {
	CHILD_REFUSED = 0, /* not a state: marks a pair missing from the table */
	CHILD_RETIRED,     /* no process, and none is wanted */
	CHILD_STARTING,    /* a process is due or forked, it has not said "ready" */
	CHILD_READY,       /* takes work */
	CHILD_QUIET,       /* finishes what it holds and stays */
	CHILD_DRAINING,    /* finishes what it holds, then leaves */
	CHILD_KILLED,      /* got SIGABRT or SIGKILL, not reaped yet */
	CHILD_BACKOFF,     /* no process; the restart timer is armed */
	CHILD_NSTATES,
};

enum child_event {
	CHILD_EV_START,        /* a process is due */
	CHILD_EV_FORK_FAILED,  /* and could not be had */
	CHILD_EV_READY,        /* it said so */
	CHILD_EV_READY_LATE,   /* it did not say so in time */
	CHILD_EV_QUIET,        /* somebody wants it quiet */
	CHILD_EV_STALE,        /* its pulse is too old */
	CHILD_EV_DRAIN,        /* somebody wants it gone */
	CHILD_EV_GRACE_OVER,   /* the time it had to end is over */
	CHILD_EV_EXIT_RESTART, /* reaped; another one is wanted */
	CHILD_EV_EXIT_RETIRE,  /* reaped; nobody is wanted */
	CHILD_NEVENTS,
};

/* The table: where an event leads, CHILD_REFUSED if nowhere. */
enum child_state child_next(enum child_state state, enum child_event event);
const char *child_state_name(enum child_state state);
const char *child_event_name(enum child_event event);

struct child;

/* What the seat asks of its owner. */
struct child_ops {
	/* Fork for this seat soon, and answer with child_forked() or child_fork_failed().
	 * Not from within this call: a fork happens outside of all callbacks. */
	void (*start)(struct child *child);
	void (*ready)(struct child *child);
	void (*obituary_done)(struct child *child, int index, int pid);
	/* The kinds on demand are wanted, or not any more. NULL: ignored. */
	void (*wanted)(struct child *child, bool wanted);
	/* It is not ready in time: whether that is somebody else's doing, and its time
	 * begins anew. NULL: never. */
	bool (*may_wait)(struct child *child);
	/*
	 * The process was reaped; its slot of the scoreboard is the owner's now. why is
	 * NULL when the master had not ended it. Returns the wait before the next fork.
	 */
	int64_t (*died)(struct child *child, const struct reaper_death *death,
			const char *why);
	/* Nothing is left of it. */
	void (*retired)(struct child *child);
};

/* All fields are for reading outside of child.c. */
struct child {
	struct ev_loop *loop;
	const struct child_ops *ops;
	void *owner;
	const struct kind *kind;
	int slot; /* which one of its kind */
	enum child_state state;

	int pid;   /* 0: no process */
	int pidfd; /* -1: the same */
	int fd;    /* our end of its ipc socket; -1: the same */
	int index; /* of its slot on the scoreboard; -1: the same */
	struct score_slot *score;
	int64_t started_mono_ms;
	bool ready_once;            /* this process said "ready" */
	bool ever_ready;            /* one process of this seat did */
	bool leaving;               /* told to drain: nobody follows */
	bool aborted;               /* got SIGABRT */
	const char *why;            /* static; why we ended it, NULL: we did not */
	const char *drain_reason;   /* static */
	int64_t deadline_mono_ms;   /* of the drain */
	int64_t wait_ms;            /* of the backoff */
	int64_t watch_from_mono_ms; /* no pulse is expected before */

	ev_io frames;
	ev_io end;
	ev_timer timer; /* ready timeout, grace or restart: by state */
};

void child_init(struct child *child, struct ev_loop *loop, const struct kind *kind,
		int slot, const struct child_ops *ops, void *owner);
/* Stops every watcher and closes every descriptor; the process, if any, lives on. For the
 * end of the master, and for a forked child which inherited this. */
void child_deinit(struct child *child);

void child_start(struct child *child);
/* The answers to ops->start. The child takes pidfd and fd. */
void child_forked(struct child *child, int pid, int pidfd, int fd, int index,
		  struct score_slot *score);
void child_fork_failed(struct child *child, int64_t wait_ms);

/* Tell it to leave; again: with a nearer deadline. reason is static. A seat without a
 * process retires at once. */
void child_drain(struct child *child, const char *reason, int64_t deadline_mono_ms);
void child_quiet(struct child *child);
void child_reopen_log(struct child *child);
/* Ends a process whose pulse is older than stale_ms. */
void child_check_pulse(struct child *child, int64_t now_mono_ms, int64_t stale_ms);

#endif
