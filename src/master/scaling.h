/* scaling.h - when there should be one worker more, or one less */
#ifndef MASTER_SCALING_H
#define MASTER_SCALING_H

#include <stdbool.h>
#include <stdint.h>

struct scaling_limits {
	int min, max; /* processes */
	int64_t target_ms;
	int64_t grow_after_ms;
	int64_t shrink_after_ms;
};

/* What is so now. */
struct scaling_look {
	int64_t now_mono_ms;
	int64_t oldest_ms; /* of what waits; -1: nobody knows */
	int64_t in_flight; /* runs, all processes together */
	int64_t room;      /* how many of them there may be */
	int count;         /* processes that are wanted */
	bool settled;      /* all of them are ready */
};

enum scaling_reason {
	SCALING_STAY,
	SCALING_WAITING,   /* what waits is too old, and the slots are full: one more */
	SCALING_BELOW_MIN, /* one more */
	SCALING_IDLE,      /* one less */
	SCALING_ABOVE_MAX, /* one less */
};

/* All private; a zeroed one has seen nothing. */
struct scaling {
	int64_t waits_since_mono_ms; /* 0: what waits is not too old, or there is room */
	int64_t idle_since_mono_ms;  /* 0: busy */
	int64_t stepped_mono_ms;     /* 0: never */
};

/*
 * Pure. To be asked about once a second; whoever gets another answer than
 * SCALING_STAY takes that step.
 */
enum scaling_reason scaling_decide(struct scaling *scaling,
				   const struct scaling_limits *limits,
				   const struct scaling_look *look);
/* Somebody else has changed the number, or it may not be changed now: the times that
 * something has to last begin anew. */
void scaling_restart(struct scaling *scaling);

bool scaling_grows(enum scaling_reason reason);
const char *scaling_reason_name(enum scaling_reason reason);

#endif
