/* blame.h - whom a death is laid to: a run, several of which it was one, or nobody */
#ifndef KEEPER_BLAME_H
#define KEEPER_BLAME_H

#include "base/ids.h"
#include "ipc/score_recent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct score_slot;

enum blame_sort {
	BLAME_NOBODY,
	BLAME_RUN,    /* `job` is charged with `cause` */
	BLAME_COHORT, /* one of `jobs`, tried together, is it; nobody is charged */
};

#define BLAME_WINDOW_MS                                                                  \
	1000 /* whose code was entered in it before a fault is suspected */

struct blame {
	enum blame_sort sort;
	char job[IDS_MAX];
	char cause[IDS_MAX];
	struct score_recent_job jobs[SCORE_RECENT_CELLS]; /* in order of job id */
	size_t count;
	size_t half; /* jobs below it are one cohort, the others another; 0: one in all */
};

/*
 * From the slot of a dead process. oom_killed: the kernel says that it killed somebody
 * here for want of memory, and this process died of SIGKILL.
 *
 *	an allocation failed, or oom_killed    the run with the largest arena
 *	a fault, an abort, a stale pulse       the run on the CPU
 *	the same with nobody on the CPU        the cohort of those entered lately
 *	any signal in the quarantine lane      the run that was alone there, or both
 *	                                       halves of the cohort
 *	anything else                          nobody
 */
void blame_judge(const struct score_slot *slot, bool oom_killed, struct blame *ret);

#endif
