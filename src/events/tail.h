/* tail.h - the event streams of runs on their way to clients of this process */
#ifndef EVENTS_TAIL_H
#define EVENTS_TAIL_H

#include "base/err.h"
#include "events/event_id.h"
#include "events/v1_view.h"

#include <stdbool.h>
#include <stddef.h>

struct ev_loop;
struct pg_pool;
struct redis_link_conf;
struct request;
struct tails;

/* All of one process. Borrowed: loop, pool and what conf points to. */
struct tails_options {
	struct ev_loop *loop;
	const struct redis_link_conf *redis; /* copied in part; two connections are made
					      * of it when the first client comes */
	struct pg_pool *pool;
};

struct tails *tails_new(const struct tails_options *options);
/* Every client is cut off; before the pool and the server are freed. */
void tails_stop(struct tails *tails);
/* After the pool is freed. NULL is fine. */
void tails_free(struct tails *tails);

/* A client that wants the events of a run which is there. */
/* The last event of a stream that clients come back to. */
#define TAIL_COMPLETE "{\"type\":\"stream_complete\"}"

struct tails_ask {
	const char *run_id;
	struct event_id after; /* 0-0: from the start */
	bool ended;            /* the row said so */
	bool fresh;            /* it said that nobody ever had the run: no history */
	bool plain;            /* a chat with an agent: events as chat_view.h says */
	/* As the answer to a POST, which ends with `done` and without stream_complete. */
	enum v1_view view;
	const char *head; /* then: an event in front of all, JSON text; NULL: none */
};

/*
 * Answer the request with the run's events behind `after`, in order, each durable one
 * once, until the run's `done`; then `stream_complete` and the end. ERR_SYS, ERR_INPUT:
 * the request waits for another answer.
 */
int tails_follow(struct tails *tails, struct request *req, const struct tails_ask *ask,
		 struct err *err);

#endif
