/* cursor.h - how far a reader of a run's events is, and what comes next */
#ifndef EVENTS_CURSOR_H
#define EVENTS_CURSOR_H

#include "events/event_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a reader must know of an event; the rest is the client's. */
struct event_mark {
	bool done;     /* {"type":"done"} */
	bool has_seq;  /* false: written by a stock worker */
	bool live;     /* may be lost, repeated or never have been stored */
	uint64_t seq;  /* of a durable event its own, of a live one the last before it */
	uint64_t turn; /* of the chat whose turn the run is; 0: it is none */
};

void event_mark_read(const char *text, size_t len, struct event_mark *ret);

struct cursor {
	struct event_id id; /* of the last event passed; 0-0: none */
	uint64_t seq;       /* of the last durable one passed */
	bool known;         /* seq is; else what comes next cannot be judged */
};

enum cursor_verdict {
	CURSOR_SEND,
	CURSOR_DROP, /* was passed before */
	CURSOR_HOLE, /* durable events before this one are missing, or may be */
};

enum cursor_verdict cursor_judge(const struct cursor *cursor, const struct event_id *id,
				 const struct event_mark *mark);
/* The event is behind the reader now. */
void cursor_pass(struct cursor *cursor, const struct event_id *id,
		 const struct event_mark *mark);

#endif
