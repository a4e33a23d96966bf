/* score_recent.h - which runs a process entered last, readable after its death */
#ifndef IPC_SCORE_RECENT_H
#define IPC_SCORE_RECENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A ring in a slot of the scoreboard. Its process writes it, whoever settles its death
 * reads it then. A run has one cell while that is among the newer half of the ring, and
 * entering it again only moves the moment; so at least the SCORE_RECENT_CELLS / 2 runs
 * entered last are there, whatever the rate. What was entered within the second and has
 * fallen out is not suspected: if it is guilty the requeues of the others lead it, too,
 * to the quarantine lane in the end (queue/queue_requeue.h).
 */
#define SCORE_RECENT_CELLS 128
#define SCORE_RECENT_ID    116 /* a job with a longer id is not recorded */

struct score_recent_cell {
	_Atomic int64_t at_mono_ms; /* its code was entered then; 0: empty */
	int32_t len;
	char job[SCORE_RECENT_ID]; /* not terminated */
};

struct score_recent {
	_Atomic uint32_t next; /* cells taken so far */
	struct score_recent_cell cells[SCORE_RECENT_CELLS];
};

struct score_recent_job {
	char id[SCORE_RECENT_ID + 1];
};

/* The code of job is entered. *place is the caller's memory for this run, 0 at first. */
void score_recent_enter(struct score_recent *recent, uint32_t *place, const char *job,
			size_t len, int64_t now_mono_ms);
/* By the process itself, or when it is dead: nobody was entered. */
void score_recent_clear(struct score_recent *recent);
/* Of a dead process: who was entered at from_mono_ms or later, each once, in order of job
 * id. Returns how many. */
size_t score_recent_read(const struct score_recent *recent, int64_t from_mono_ms,
			 struct score_recent_job jobs[SCORE_RECENT_CELLS]);

#endif
