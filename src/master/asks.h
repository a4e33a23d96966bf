/* asks.h - what came over the control socket, and who waits for what became of it */
#ifndef MASTER_ASKS_H
#define MASTER_ASKS_H

#include "base/err.h"
#include "ipc/control_frame.h"

#include <stdbool.h>
#include <stdint.h>

struct control_peer;
struct master;

/* control_ask_cb, with the master as the owner. */
void asks_begin(void *owner, struct control_peer *peer,
		const struct control_frame *frame);
/*
 * An act has come to its end: DONE with number for code 0, else FAILED with the reason.
 * Number: of a reload the generation in force, of an upgrade the pid of the new master.
 */
void asks_ended(struct master *m, enum control_act act, int code, int64_t number,
		const char *why);
/* Between two turns of the loop: children that somebody waited for are gone. */
void asks_review(struct master *m);
/* Everybody is gone, and so is the master next. Connections of those who wait for that
 * end with control_close(). */
void asks_last(struct master *m);

#endif
