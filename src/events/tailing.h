/* tailing.h - what tail.c and follow.c share; nobody else includes it */
#ifndef EVENTS_TAILING_H
#define EVENTS_TAILING_H

#include "base/list.h"
#include "base/loop.h"
#include "base/map.h"
#include "events/cursor.h"
#include "events/tail.h"
#include "redis/redis_watch.h"

#include <stdint.h>

struct redis_answer;
struct redis_reply;
struct sse;
struct sse_frame;
struct tail;

struct tails {
	struct tails_options options;
	struct redis_watch *watch; /* NULL: nobody has asked yet */
	struct map by_run;         /* struct tail */
	struct map by_stream;      /* struct tail_twins: of streams that runs share */
	struct list all;           /* struct tail, the one looked at last at the end */
	size_t clients;
	bool up, told;   /* of the watch */
	bool stopped;    /* the process ends */
	ev_timer poll;   /* while changes are not told */
	ev_timer second; /* while there are clients: rows of quiet runs, in turn */
	ev_timer again;  /* something failed: those who wait try again */
	struct sse_frame *complete;
	struct sse_frame *done; /* the same for those with a view */
};

/* One answer that is awaited; outlives who asked. */
struct tail_call {
	struct tail *tail;     /* NULL: gone */
	struct follow *follow; /* NULL: gone, or the tail's own */
	int statement;
};

/* Turns of one chat that have clients here: their events are in one stream. */
struct tail_twins {
	struct list tails; /* struct tail */
	size_t len;
	char key[]; /* of the stream */
};

/* A run with clients here. */
struct tail {
	struct list node; /* of tails->all */
	struct tails *tails;
	struct tail_twins *twins; /* NULL: its stream is its own */
	struct list in_twins;
	uint64_t turn; /* events of others in the stream are not its own; 0: all are */
	struct event_id passed; /* the last of those others that was read; 0-0: none */
	bool plain;
	struct list live;     /* struct follow: get what the tail reads */
	struct list catching; /* struct follow: read for themselves */
	struct cursor cursor; /* of the live ones */
	struct tail_call *call;
	bool reading; /* there are live ones */
	bool dirty;   /* it changed since the last read was sent */
	bool done;    /* the last event read was `done` */
	unsigned char ended_looks;
	char run_id[];
};

enum follow_state {
	FOLLOW_STREAM,  /* reads pages of the stream */
	FOLLOW_HISTORY, /* reads pages of the journal */
	FOLLOW_ROW,     /* `done` was the last: asks whether the run goes on */
	FOLLOW_LIVE,    /* on its tail */
	FOLLOW_OVER,    /* has everything */
};

/* One client. */
struct follow {
	struct list node; /* of tail->live or tail->catching */
	struct tail *tail;
	struct sse *sse;
	struct tail_call *call;
	struct cursor cursor;
	struct event_id passed; /* as the tail's */
	struct event_id until;  /* of the history wanted; 0-0: all of it */
	int64_t next_row;       /* of the journal */
	enum follow_state state : 8;
	enum v1_view view : 8;
	bool ended : 1;
	bool in_stream : 1; /* the stream had something at or behind our position */
	bool looked : 1;    /* all of the journal was read */
	bool row_asked : 1;
	bool done : 1;       /* the last event passed was `done` */
	bool from_start : 1; /* the client had nothing */
	bool sent : 1;       /* it has something now */
};

/* tail.c */
struct tail_call *tail_call_new(struct tail *tail, struct follow *follow);
/* Read what is new for the live ones, now or when the read under way is answered. */
void tail_read(struct tail *tail);
/* Free a tail that nobody follows. */
void tail_check(struct tail *tail);
/* XRANGE <stream> <from> + COUNT <count>, by the watched link. 0, ERR_CONN, ERR_FULL. */
int tail_range(struct tail *tail, const struct event_id *from, int count,
	       void (*cb)(void *, const struct redis_answer *), struct tail_call *call);
/* An entry of a stream: its id and the value of "data". False: none of ours. */
bool tail_entry(const struct redis_reply *entry, struct event_id *id, const char **text,
		size_t *len);
/* What clients get of an event. NULL: nothing, it is none of theirs. */
struct sse_frame *tail_frame(const struct tail *tail, const struct event_id *id,
			     const char *text, size_t len);
/* Where to read on behind both. */
struct event_id tail_behind(const struct event_id *own, const struct event_id *passed);
/* Something failed: all who catch up are stepped in a moment. */
void tails_try_again(struct tails *tails);

/* follow.c */
int follow_new(struct tail *tail, struct request *req, const struct tails_ask *ask,
	       struct err *err);
/* One event to the client; frame: what all get of it, NULL for nothing. */
void follow_give(struct follow *follow, struct sse_frame *frame, const char *text,
		 size_t len);
/* Cut the client off. */
void follow_drop(struct follow *follow);
/* Go on, if nothing is awaited and the client has room. */
void follow_step(struct follow *follow);
/* It has everything: say so and end the stream. */
void follow_complete(struct follow *follow);
/* From live to catching, at the tail's position. */
void follow_demote(struct follow *follow);

#endif
