/* queue_claim.h - take ready jobs and drop ended ones, in one call */
#ifndef QUEUE_QUEUE_CLAIM_H
#define QUEUE_QUEUE_CLAIM_H

#include "queue/queue.h"
#include "queue/queue_job.h"

#include <stdbool.h>

/* A job that this incarnation held and that is done, as the row in Postgres says. */
struct queue_ended {
	struct queue_text id;     /* job id */
	struct queue_text tenant; /* key form, as its job said */
};

struct queue_claim_ask {
	size_t want; /* 0..QUEUE_BATCH_MAX; 0: only finish, refresh and read the mail */
	const struct queue_text *lanes; /* in order of preference */
	size_t nlanes;                  /* 1..32; 0 means QUEUE_LANE_ANY alone */
	const struct queue_ended *ended;
	size_t nended;        /* 0..QUEUE_BATCH_MAX */
	int64_t alive_ttl_ms; /* of the heartbeat key that the call refreshes */
};

struct queue_claimed {
	const struct queue_job *jobs; /* now held by this incarnation */
	size_t njobs;
	/* Entries that are held now but could not be read (damaged): the
	 * caller logs them and gives them as ended with its next call. Their rows in
	 * Postgres bring them back in a form that we know. */
	const struct queue_ended *bad;
	size_t nbad;
	const struct queue_text *mail; /* hints for this incarnation, oldest first */
	size_t nmail;          /* at most 200; the rest comes with the next call */
	int64_t now_ms;        /* Redis' clock: what the jobs were claimed at */
	int64_t finished;      /* of `ended`: how many were still held here */
	int64_t dropped;       /* ready ids without a job, thrown away */
	int64_t newer;         /* entries that a later version has packed, left for it */
	int64_t events_ttl_ms; /* current expiry of streams of ended runs; 0: the
				  configured one */
	int64_t recovering;    /* number of the recovery under way; 0: none */
	bool refused;          /* nothing was claimed: no lineage, or not this server's */
	bool paused;           /* nothing was claimed: the queue is paused */
	bool more;             /* want was filled: there may be more ready */
};

/*
 * claimed is NULL when rc < 0. After ERR_CONN or ERR_TIMEOUT with err saying "sent" the
 * jobs may be held by us without our knowing: once the link is UP again call
 * queue_held() and hand back what is in nobody's hands; `ended` may simply be given
 * again.
 */
typedef void (*queue_claim_cb)(void *arg, int rc, const struct queue_claimed *claimed,
			       const struct err *err);

/*
 * In this order: ended jobs leave, counters and limits follow; the heartbeat key
 * alive:<incarnation> is refreshed; mail is drained; then up to want jobs are taken, fair
 * over the tenants of each lane by weighted virtual time, oldest (less priority) first
 * within a tenant, none of a tenant at its running_max. Nothing is claimed while the key
 * `lineage` is missing or names another server than the one this link logged in to
 * (queue_lineage.h). Needs an incarnation.
 */
int queue_claim(struct queue *q, const struct queue_claim_ask *ask, queue_claim_cb cb,
		void *arg, struct err *err);

#endif
