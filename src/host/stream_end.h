/* stream_end.h - the last id of a run's stream, asked until Redis answers */
#ifndef HOST_STREAM_END_H
#define HOST_STREAM_END_H

#include "base/loop.h"
#include "host/backlog.h"

struct redis_link;
struct stream_end_call;

/* Embed it zeroed in what waits for it. */
struct stream_end {
	struct ev_loop *loop;
	struct redis_link *link;      /* borrowed */
	const char *run_id;           /* borrowed until done or stopped */
	struct backlog_end end;       /* for done: 0-0 when there is no stream */
	struct stream_end_call *call; /* ours */
	ev_timer again;               /* ours */
	/* From the loop, once. The struct is the caller's again. */
	void (*done)(struct stream_end *asked);
};

/* loop, link, run_id and done are set. */
void stream_end_ask(struct stream_end *asked);
/* Forget the question; done is not called. Fine when none is open. */
void stream_end_stop(struct stream_end *asked);

#endif
