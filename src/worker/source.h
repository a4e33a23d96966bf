/* source.h - one queue that this worker serves: its calls, and the jobs that it gave */
#ifndef WORKER_SOURCE_H
#define WORKER_SOURCE_H

#include "base/err.h"
#include "base/list.h"
#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intake;
struct queue;
struct queue_bell;
struct reattach;

/* Embedded in the intake. For readers in worker/; source.c and job.c alone write. */
struct source {
	struct intake *intake;
	struct queue *queue;
	struct queue_bell *bell;
	struct map jobs;       /* job id -> struct job */
	struct list claimed;   /* JOB_CLAIMED */
	struct list got_on;    /* JOB_STARTED whose requeues are to be forgiven */
	struct list ended;     /* JOB_ENDED */
	struct list finishing; /* JOB_FINISHING */
	struct list looking;   /* JOB_LOOKING that wait for the retry timer */
	struct list returning; /* JOB_RETURNING, not sent yet */
	struct list returned;  /* in the call under way */
	bool calling;
	int64_t called_mono_ms; /* when the newest call was sent */
	bool dry;     /* the last call did not fill its slots: wait at the bell */
	bool unsure;  /* Redis may list entries in our name that nobody here knows */
	size_t asked; /* jobs that the call under way may bring */
	bool look;    /* call even if nothing can be claimed: there may be mail */
	bool refused_said;
	int64_t newer_said_mono_ms; /* 0: never */
	bool left;                  /* this queue knows us no more */
	struct reattach *reattach;
};

int source_init(struct source *source, struct intake *intake, const char *name,
		struct err *err);
void source_deinit(struct source *source);

/*
 * Claim as many jobs as `free` (0: none), finish what has ended, read the mail: one call,
 * unless one is under way or there is nothing to say. Waits at the bell when the queue
 * was empty.
 */
void source_call(struct source *source, size_t free);
/* The requeues of what has got on count no more. */
void source_forgive(struct source *source);
/* Hand back what goes back; one call at a time. */
void source_return(struct source *source);
/* If Redis may list entries in our name that nobody here knows: hand those back. */
void source_settle(struct source *source);
/* The link is up: the queue may hold something again. */
void source_link_up(struct source *source);
/* This queue knows us no more. */
void source_leave(struct source *source);
/* A number for it among those of its worker. */
size_t source_number(const struct source *source);

#endif
