/* upgrade.h - another program takes over the sockets and the folders of this one */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include "base/err.h"
#include "base/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct master;

/* What the old master hands to the new one, by this variable of its environment. */
#define UPGRADE_ENV "SYNAPSED_UPGRADE"

/* All fields are for reading outside of upgrade.c. */
struct upgrade {
	char program[4096]; /* where this one was when it started */
	bool due;           /* to be forked between two turns of the loop */
	bool said;          /* the new one: "ready" */
	bool over;          /* the other one has taken over */
	/* of the old master */
	int pid;   /* of the new one; 0: none */
	int pidfd; /* -1: none */
	/* of the new master, until it has taken over */
	bool successor;
	int host_fd; /* the locks, inherited; -1: none */
	int identity_fd;
	int run_dir_fd;
	int generation; /* the last one of the old master */
	/* of both */
	int fd; /* the socket between them; -1: none */
	ev_io io;
	ev_io end;
	ev_timer late; /* not ready in time, then: not gone in time */
	int64_t since_mono_ms;
	char by[32];
};

/* Before the environment moves: what an old master handed down, if one did. ERR_INPUT
 * when that makes no sense. */
int upgrade_init(struct upgrade *upgrade, struct err *err);
/* Who started the first daemon of an unbroken row of upgrades: what the defaults of the
 * folders depend on. Before upgrade_init(). */
uid_t upgrade_start_uid(void);
static inline bool upgrade_active(const struct upgrade *upgrade)
{
	return upgrade->due || upgrade->pid;
}

/* The old master: the new one is due. */
void upgrade_begin(struct master *m, const char *by);
/* The old master, between two turns: fork and exec what is due. */
void upgrade_advance(struct master *m);
/* The old master: a new one that has not taken over is ended. */
void upgrade_abandon(struct master *m, const char *why);
/* The new master: listens to the old one. */
void upgrade_start(struct master *m);
/* The new master, when all of it is ready: 1 when it is in charge (at once if nobody was
 * before it), 0 while it waits for the old one's word. */
int upgrade_ready(struct master *m);
/* At the end of either, and in its children. */
void upgrade_drop(struct master *m, bool in_child);

#endif
