/* due.h - runs of one queue whose moment has come get their entry */
#ifndef CLERK_DUE_H
#define CLERK_DUE_H

#include "clerk/reconcile.h"

struct queue;
struct ward_means;

/* Embed it zeroed. */
struct due {
	const struct ward_means *means; /* borrowed */
	struct queue *queue;            /* borrowed */
	struct reconcile *pass;         /* NULL: none is under way */
	struct reconcile_place place;   /* of the last run that was dealt with */
};

void due_init(struct due *due, const struct ward_means *means, struct queue *queue);
/* Look once, unless a look is under way. */
void due_look(struct due *due);
/* Nothing more is called; the next look begins at the beginning. */
void due_stop(struct due *due);

#endif
