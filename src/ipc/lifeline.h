/* lifeline.h - a child's tie to its master: readiness, drain, pulse */
#ifndef IPC_LIFELINE_H
#define IPC_LIFELINE_H

#include "base/loop.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct child_env;

#define LIFELINE_PULSE_MS 250
/* A pulse that comes this much later is told. */
#define LIFELINE_LATE_MS 1000

struct lifeline_ops {
	/*
	 * Finish or hand back what you hold and let your entry function return before
	 * deadline_mono_ms; the master kills what is left then. Called once. A later,
	 * nearer deadline comes through on_hurry. reason is a word for the log, borrowed.
	 */
	void (*on_drain)(void *arg, const char *reason, int64_t deadline_mono_ms);
	/* The deadline moved nearer. NULL: ignored. */
	void (*on_hurry)(void *arg, int64_t deadline_mono_ms);
	/* Claim nothing new, finish what you hold, stay. NULL: ignored. */
	void (*on_quiet)(void *arg);
	/*
	 * KIND_TAKES_OBITUARIES: board->slots[index] is dead. Read who it was and what it
	 * held there; answer with lifeline_obituary_done() when its jobs went back. May
	 * come again for the same death after a restart of either side.
	 */
	void (*on_obituary)(void *arg, int index, int pid);
};

/* Embedded in the child's main struct. All fields are private. */
struct lifeline {
	struct ev_loop *loop;
	struct child_env *env;
	const struct lifeline_ops *ops;
	void *arg;
	ev_io io;
	ev_io room; /* active while frames wait in unsent */
	ev_timer pulse;
	ev_check turn;
	ev_signal term;
	ev_timer leave; /* after the master's end: the deadline that nobody else keeps */
	int64_t beat_mono_ms;      /* the newest pulse */
	int64_t late_said_mono_ms; /* 0: never */
	struct str unsent;
	bool draining;
	bool lost;
};

/*
 * Starts watching on loop, unblocks SIGTERM, marks the pulse. ops and arg must outlive
 * it. Its watchers keep the loop running: a child that is done calls ev_break().
 */
void lifeline_init(struct lifeline *lifeline, struct ev_loop *loop, struct child_env *env,
		   const struct lifeline_ops *ops, void *arg);
/* Fine on a zeroed struct. Before the loop is destroyed. */
void lifeline_deinit(struct lifeline *lifeline);

/* Once, when the child takes work. */
void lifeline_ready(struct lifeline *lifeline);
void lifeline_obituary_done(struct lifeline *lifeline, int index, int pid);
/* By the keeper, as often as it likes: the kinds on demand have work, or have none. */
void lifeline_wanted(struct lifeline *lifeline, bool wanted);
bool lifeline_draining(const struct lifeline *lifeline);
/* The master's end was closed: it is dead. on_drain has been called. */
bool lifeline_lost(const struct lifeline *lifeline);
/* The master's pulse is older than that: claim nothing new. */
bool lifeline_master_silent(const struct lifeline *lifeline, int64_t silent_ms);
/* What the entry function returns after an orderly end: EXIT_CODE_OK, or
 * EXIT_CODE_CHILD_LOST_MASTER. */
int lifeline_exit_code(const struct lifeline *lifeline);

#endif
