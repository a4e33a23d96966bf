/* draining.h - the order in which a host empties itself */
#ifndef MASTER_DRAINING_H
#define MASTER_DRAINING_H

#include "base/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct list;

/* A fast stop gives everybody together this long, and the last group always gets it. */
#define DRAINING_FAST_MS 1000

/*
 * The seats leave in groups of equal kind->order, the highest first. The last group is
 * there to settle what the others left behind.
 */
struct draining {
	struct ev_loop *loop;
	struct list *seats; /* borrowed: crews.h */
	ev_timer gate; /* wakes the loop when the last group must not wait any longer */
	bool active;   /* for readers */
	bool fast;     /* the owner's: a fast stop was asked for */
	bool at_once;  /* no grace for anybody */
	int order;     /* of the group that was told last */
	int64_t deadline_mono_ms;      /* of all groups but the last */
	int64_t last_deadline_mono_ms; /* of the last group; 0: not computed yet */
	const char *reason;            /* static */
};

/*
 * When the group that is told now must be gone. groups_before_last counts this group and
 * those after it, without the last; 0: this is the last.
 */
int64_t draining_share(int64_t now_mono_ms, int64_t deadline_mono_ms,
		       int groups_before_last);

void draining_init(struct draining *draining, struct ev_loop *loop, struct list *seats);
void draining_deinit(struct draining *draining);
/* reason is static. */
void draining_start(struct draining *draining, const char *reason, int64_t total_ms);
/*
 * A nearer end for those who are leaving and those who will; at 0 nobody gets any grace.
 */
void draining_hurry(struct draining *draining, int64_t total_ms);
/*
 * After every turn of the loop: tell the next group when the one before it is gone.
 * deaths_waiting: deaths that the last group has not settled; it stays for them, not for
 * ever. Returns whether everybody is gone.
 */
bool draining_advance(struct draining *draining, int deaths_waiting);

#endif
