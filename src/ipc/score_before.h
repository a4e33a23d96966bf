/* score_before.h - the scoreboards of masters that were succeeded and still drain */
#ifndef IPC_SCORE_BEFORE_H
#define IPC_SCORE_BEFORE_H

#include "base/err.h"

struct scoreboard;

/*
 * After an upgrade two masters live for a while, and `scoreboard` is the new one's. The
 * old one's stays readable as scoreboard.<pid of its master>.
 */

/* The new master, before it publishes its own: keep the one that is there. ERR_SYS. */
int score_before_keep(const char *run_dir, int pid, struct err *err);
/* The old one, at its end. */
void score_before_drop(const char *run_dir, int pid);
/* A master that starts: those whose master died. Nobody else may start meanwhile. */
void score_before_sweep(const char *run_dir);
/* Anybody: one call for each whose master lives, in no order. board is borrowed. */
void score_before_each(const char *run_dir,
		       void (*see)(void *arg, const struct scoreboard *board), void *arg);

#endif
