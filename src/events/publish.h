/* publish.h - events of runs into their Redis streams */
#ifndef EVENTS_PUBLISH_H
#define EVENTS_PUBLISH_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct publish_call;
struct publisher;
struct redis_link;

/*
 * What one run wants to have in its stream now. Embed it, zeroed, in the run; one is
 * under way at a time for a run, so that its events stay in order.
 */
struct publish {
	const char *run_id;  /* the caller's, until done */
	int64_t epoch;       /* of the owner who publishes; 0: a run that ended lazily, or
			      * one that nobody executes */
	struct list entries; /* struct fifo_entry; the publisher frees them */
	/* All entries are in the stream, or were there before, or a later owner
	 * publishes. The struct is the caller's again. Runs from the loop. */
	void (*done)(struct publish *publish);
	struct list node;            /* ours: waits to be sent */
	struct publish_call *call;   /* ours: under way */
	struct publisher *publisher; /* ours */
	bool last; /* the run has ended: nothing will come behind these */
	bool mend; /* ours: the stream has later entries than some that were refused */
};

/*
 * One per child. link is borrowed for its life; ttl_ms is how long a stream lives after
 * its last entry. Streams are capped at about PUBLISH_STREAM_MAX entries (CONTRACT 2.1).
 */
#define PUBLISH_STREAM_MAX 10000
struct publisher *publisher_new(struct ev_loop *loop, struct redis_link *link,
				int64_t ttl_ms);
/* What is under way is forgotten: done is not called, the entries are freed. */
void publisher_free(struct publisher *publisher);

/*
 * Send them in the order given. While Redis is away they wait here and are sent when it
 * is back: ids are explicit, so what arrived before the cut is refused, not doubled.
 */
void publisher_add(struct publisher *publisher, struct publish *publish);
/* Forget one that is under way; its entries are freed, done is not called. */
void publisher_drop(struct publish *publish);

/* How long streams of ended runs live now; 0 or more than ttl_ms: as long as others. */
void publisher_ended_ttl(struct publisher *publisher, int64_t ttl_ms);

/* The link is up again: send what waits. */
void publisher_link_up(struct publisher *publisher);

#endif
