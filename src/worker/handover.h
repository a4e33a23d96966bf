/* handover.h - whose run is it: what becomes of an entry whose takeover was refused */
#ifndef WORKER_HANDOVER_H
#define WORKER_HANDOVER_H

#include "base/loop.h"
#include "queue/queue.h"

#include <stdint.h>

struct handover;
struct handover_call;
struct pg_pool;

enum handover_verdict {
	HANDOVER_SETTLE, /* nobody executes it under this entry: settle, then drop it */
	HANDOVER_TAKE, /* its owner is dead, is us, or nobody: take it over off `owner` */
	HANDOVER_GIVEN, /* its owner lives and has the entry now: forget it */
	HANDOVER_STAYS, /* its owner lives and could not get it: it stays in our name */
};

/* Embed it; all but the last three are set by the caller and borrowed until decided. */
struct handover {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct queue *queue;
	const char *run_id;
	struct queue_text job_id;
	int64_t wake;
	const char *owner_is_us; /* our incarnation */
	/* From the loop, once. owner is borrowed for the call, "" for nobody. */
	void (*decided)(struct handover *handover, enum handover_verdict verdict,
			const char *owner);
	struct handover_call *call; /* ours */
	ev_timer again;             /* ours */
};

/* Ask until both stores answer. */
void handover_start(struct handover *handover);
/* decided is not called. Fine on a zeroed struct and after the decision. */
void handover_stop(struct handover *handover);

#endif
