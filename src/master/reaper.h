/* reaper.h - children by pidfd: never a stranger that got an old pid */
#ifndef MASTER_REAPER_H
#define MASTER_REAPER_H

#include "base/err.h"

#include <stdbool.h>

struct reaper_death {
	bool by_signal;
	int number; /* the signal, or the exit code */
};

#define REAPER_CAUSE_MAX 64

/* The pidfd of a child that was not reaped yet; the caller's. ERR_SYS. */
int reaper_open(int pid, int *ret, struct err *err);
/* 1 and *ret when it ended (it is reaped then, once), 0 while it lives, ERR_SYS. */
int reaper_collect(int pidfd, struct reaper_death *ret, struct err *err);
/* 0 also when it has ended already; ERR_SYS. */
int reaper_signal(int pidfd, int signal, struct err *err);
/* "signal SIGSEGV", "exit 41 child_setup" into buf; returns buf. */
char *reaper_cause(const struct reaper_death *death, char buf[REAPER_CAUSE_MAX]);

#endif
