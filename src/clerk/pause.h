/* pause.h - one queue's pause, carried from Postgres to Redis */
#ifndef CLERK_PAUSE_H
#define CLERK_PAUSE_H

#include "queue/queue.h"

#include <stdbool.h>
#include <stdint.h>

/* Embed it zeroed, with the queue set. */
struct pause {
	struct queue *queue; /* borrowed */
	int64_t n;           /* the newest change that Postgres told of; 0: none */
	int64_t brought;     /* the newest that Redis has, as far as we know */
	bool paused;
	bool calling;
	char reason[501];
};

/* What Postgres says; reason NULL: it is not paused. */
void pause_learn(struct pause *pause, int64_t n, const char *reason);
/* Tell Redis if it has not heard of it; nobody waits. */
void pause_bring(struct pause *pause);
/* Redis may have forgotten. */
void pause_forget(struct pause *pause);
/*
 * Tell Redis and wait: done(arg, rc, err) comes from the loop. 0; 1: there is nothing to
 * tell, done is not called; negative: nor is it.
 */
int pause_ensure(struct pause *pause,
		 void (*done)(void *arg, int rc, bool newest, const struct err *err),
		 void *arg, struct err *err);

#endif
