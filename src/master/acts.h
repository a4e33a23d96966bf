/* acts.h - what may be asked of the master, by a signal or over the control socket */
#ifndef MASTER_ACTS_H
#define MASTER_ACTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct master;

/*
 * Each act begins something and returns at once; what became of it is in the log and on
 * the scoreboard. by says who asks, for the log: "SIGHUP", "control". 0, or ERR_CONFLICT
 * with the reason, which was logged as well: the state of the master forbids it now.
 * They may be called from callbacks of the loop: nothing forks before its next turn.
 */

/* Drain everything within deadline_ms (< 0: drain.deadline) and stop; fast: within a
 * second. Again: the nearer end counts, and a second fast one takes all grace away. */
int acts_stop(struct master *m, const char *by, int64_t deadline_ms, bool fast,
	      struct err *err);
/* Read the configuration again; one that comes during a reload is done behind it. It ends
 * a quiet. ERR_INPUT: the new one is bad, and the old one stays in force. */
int acts_reload(struct master *m, const char *by, struct err *err);
/* Start the program that is now where this one was on the same sockets, then leave. */
int acts_upgrade(struct master *m, const char *by, struct err *err);
int acts_reopen_logs(struct master *m, const char *by, struct err *err);
/* One worker more, or less: at least one stays. */
int acts_more(struct master *m, const char *by, struct err *err);
int acts_less(struct master *m, const char *by, struct err *err);
/* All that hold jobs claim nothing new and finish what they have, until a reload. */
int acts_quiet(struct master *m, const char *by, struct err *err);
/* The same for one worker, until it is replaced. ERR_NOT_FOUND: there is no such slot. */
int acts_worker_quiet(struct master *m, const char *by, int slot, struct err *err);
/* One worker drains and leaves; another one takes its seat. ERR_NOT_FOUND as above. */
int acts_worker_stop(struct master *m, const char *by, int slot, struct err *err);

#endif
