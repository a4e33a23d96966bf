/* early.h - a run of one queue that lost its entry is found early */
#ifndef CLERK_EARLY_H
#define CLERK_EARLY_H

#include "clerk/reconcile.h"

#include <stdint.h>

struct queue;
struct ward_means;

/* What has been ready for so long is found by the ward's own looks. */
#define EARLY_UNTIL_MS 10000

/* Zeroed, then early_init(). */
struct early {
	const struct ward_means *means;
	struct queue *queue;
	struct reconcile *pass; /* under way; NULL: none */
	int64_t looked_mono_ms; /* when the last one began; 0: none did */
	int64_t rest_mono_ms;   /* a backlog: no look before */
};

/* means and queue are borrowed for its life. */
void early_init(struct early *early, const struct ward_means *means, struct queue *queue);
/* Nothing, while a look is under way or in a backlog. */
void early_look(struct early *early);
/* Nothing more is called. */
void early_stop(struct early *early);

#endif
