/*
 * job.h - an entry that this worker has, from its claim until the queue knows it no more
 */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include "base/arena.h"
#include "base/list.h"
#include "host/definition_cache.h"
#include "host/host_scale.h"
#include "queue/queue_job.h"
#include "run/payload.h"
#include "worker/handover.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reattach;
struct settle;
struct source;

/* Which list of its source a job is on follows from its state. */
enum job_state {
	JOB_CLAIMED,   /* waits for its definition */
	JOB_STARTED,   /* the host has it */
	JOB_LOOKING,   /* the host lost it: its row says what becomes of the entry */
	JOB_SETTLING,  /* nobody executes it: its journal goes into its stream */
	JOB_ENDED,     /* waits for the next call of its source */
	JOB_FINISHING, /* in that call */
	JOB_RETURNING, /* goes back to where it was */
	JOB_RETURNED,  /* in the hand-back under way */
	JOB_LEFT,      /* stays in our name until somebody requeues it; takes no slot */
};

/* Owned by its source. All fields are for worker/ to read; job.c alone writes state. */
struct job {
	struct list node; /* of its state, in source; SETTLING, LEFT: in none; STARTED: in
			     source->got_on or in none */
	struct source *source;
	enum job_state state;
	struct arena arena;
	const char *id;
	size_t id_len;
	const char *tenant; /* key form */
	size_t tenant_len;
	const char *run_id;
	int64_t wake;
	const char *from;       /* "": nobody; in the arena */
	bool resumes;           /* not lazy: others had it, or may have */
	bool taken_over;        /* RETURNING: its row has our name */
	int losses;             /* how often the host lost it */
	struct queue_job entry; /* as it was claimed; what reattach.c packs again. from
				   and payload are made when asked for */
	struct payload payload;
	struct definition_wait wait;
	struct handover handover; /* LOOKING */
	struct settle *settle;    /* SETTLING */
};

/* A claim brought this entry. It is here from now on: waiting for its definition, or on
 * its way back if this worker drains. */
void job_take(struct source *source, const struct queue_job *claimed);
/* A claim brought an entry that cannot be read: it ends with the next call. */
void job_take_bad(struct source *source, const struct queue_text *id,
		  const struct queue_text *tenant);
/* Start it if its definition is here, else ask for that. */
void job_need_definition(struct job *job);
/* The host lost it: look whose it is. */
void job_look(struct job *job);
/* A step of it is durable: what it was requeued for before counts no more. */
void job_got_on(struct job *job);
/* The host has nothing left to do with it. */
void job_over(struct job *job, enum host_over how);
/* It goes to the list of those that are handed back. */
void job_return(struct job *job, bool taken_over);
/* Tell Redis, anew, that it is worked on here, unless nobody would miss it. */
void job_tell(struct job *job, struct reattach *reattach);
/* Its entry is gone, or somebody else's: whatever it waits for is stopped. */
void job_free(struct job *job);

#endif
