/* control_ask.h - one ask of this host's master by one of its children, on a loop */
#ifndef IPC_CONTROL_ASK_H
#define IPC_CONTROL_ASK_H

#include "base/err.h"

#include <stdint.h>

struct control_ask;
struct ev_loop;

/*
 * How it ended, once, from the loop. 0 and the number of the answer (of a reload: the
 * generation), ERR_TIMEOUT, ERR_CLOSED (the master is gone), or the master's code with
 * its reason. The ask is gone by then.
 */
typedef void (*control_ask_cb)(void *arg, int rc, int64_t number, const struct err *err);

/*
 * Ask (enum control_act, with its number) and wait for its end, at most wait_ms. run_dir
 * is borrowed for the call. Returns 0 and *ret, or an error, and cb never comes:
 * ERR_NOT_FOUND (nobody listens), ERR_REFUSED (not for us), ERR_SYS, ERR_FULL.
 */
int control_ask_start(struct ev_loop *loop, const char *run_dir, int act, int64_t number,
		      int64_t wait_ms, control_ask_cb cb, void *arg,
		      struct control_ask **ret, struct err *err);
/* Forget it; the act goes on. NULL is fine. */
void control_ask_abandon(struct control_ask *ask);

#endif
