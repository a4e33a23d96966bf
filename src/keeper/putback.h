/*
 * putback.h - what a dead incarnation holds goes back to its queues, until all has gone
 */
#ifndef KEEPER_PUTBACK_H
#define KEEPER_PUTBACK_H

#include "queue/queue_requeue.h"

#include <stddef.h>

struct ev_loop;
struct putback;
struct queue;
struct score_slot;

/* Where a keeper puts things back: one per process, borrowed by its putbacks. */
struct putback_place {
	struct ev_loop *loop;
	struct queue *const *queues;
	size_t queue_count;
	struct score_slot *score;
};

/* Once, from the loop: nothing is left but what the verdicts keep. The putback is over
 * (putback_free() is still the caller's). */
typedef void (*putback_cb)(void *arg, const struct queue_requeued *total);

/*
 * In the keeper. Piece by piece, queue by queue; while Redis does not answer it is tried
 * again, for ever. Texts are copied. The link of the queues has to be freed first.
 */
struct putback *putback_start(const struct putback_place *place, const char *dead,
			      const struct queue_suspect *suspects, size_t n,
			      putback_cb cb, void *arg);
/* NULL is fine. Not while a call is under way, unless the link was freed. */
void putback_free(struct putback *putback);

#endif
