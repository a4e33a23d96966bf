/* sdnotify.h - what systemd is told */
#ifndef MASTER_SDNOTIFY_H
#define MASTER_SDNOTIFY_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct sdnotify {
	int fd;                    /* -1: nobody listens */
	bool held;                 /* another process speaks now */
	char name[108];            /* NOTIFY_SOCKET's */
	int64_t watchdog_every_ms; /* half of what systemd asked for; 0: not asked */
	int64_t watchdog_next_mono_ms;
};

/*
 * Reads and removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment,
 * so that no child and no program of theirs speaks for us. 0 also when there is none.
 */
int sdnotify_open(struct sdnotify *sd, struct err *err);
/* Into the environment of the program that comes next. 0, or -1 and errno. */
int sdnotify_export(const struct sdnotify *sd);
void sdnotify_close(struct sdnotify *sd);
/* "READY=1\nSTATUS=..."; what systemd does not take is dropped, it asks for nothing. */
void sdnotify_send(struct sdnotify *sd, const char *state);
/* Every second or so: sends WATCHDOG=1 when it is due. */
void sdnotify_tick(struct sdnotify *sd, int64_t now_mono_ms);

#endif
