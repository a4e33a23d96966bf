/* obits.h - deaths that wait on the scoreboard until their jobs went back */
#ifndef MASTER_OBITS_H
#define MASTER_OBITS_H

#include "ipc/scoreboard.h"

#include <stdint.h>

struct child;

struct obits {
	struct scoreboard *board;
	/*
	 * By slot: the process that was told of the death in it and has not answered; 0.
	 */
	int told[SCOREBOARD_SLOTS];
	int waiting; /* deaths that are not settled */
};

void obits_init(struct obits *obits, struct scoreboard *board);

/* A free slot of the scoreboard, cleaned for the next process; ERR_FULL. */
int obits_slot(struct obits *obits);
/* Give one back that no process ever used, or whose process held nothing. */
void obits_free_slot(struct obits *obits, int index);
/* The process of this slot died and may have held jobs: it waits for obits_done(). */
void obits_record(struct obits *obits, int index, const char *cause, int64_t at_ms);
/*
 * Tell the keeper (NULL or not ready: nothing happens) of every death that this process
 * of it has not heard of. What its socket does not take now is for the next call.
 */
void obits_tell(struct obits *obits, const struct child *keeper);
/* The keeper has settled the death of pid; anything else it may say is logged. */
void obits_done(struct obits *obits, int index, int pid);

#endif
