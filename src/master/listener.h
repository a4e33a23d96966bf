/* listener.h - the listening sockets, opened once and inherited */
#ifndef MASTER_LISTENER_H
#define MASTER_LISTENER_H

#include "base/err.h"
#include "conf/conf.h"

#define LISTENER_INHERITED_MAX 16

/* What systemd handed down. */
struct listener_inherited {
	int fds[LISTENER_INHERITED_MAX]; /* -1: taken */
	int count;
};

/* Reads and removes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; ERR_INPUT when they make
 * no sense. Without them *ret is empty. */
int listener_inherit(struct listener_inherited *ret, struct err *err);
/* Close what nobody took and say so. */
void listener_drop(struct listener_inherited *inherited);

/*
 * A listening, non-blocking socket for the address: the inherited one that is bound to
 * it, or a new one. The caller's. what is for the error: "api.listen".
 */
int listener_open(const struct conf_listen *at, const char *what,
		  struct listener_inherited *inherited, int *ret, struct err *err);

#endif
