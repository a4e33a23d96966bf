/*
 * handover.c - whose run is it
 *
 * Asked when a takeover was refused, or a run that was ours is not any more (DESIGN 4.3).
 * The row decides:
 *
 *	ended, parked, another wake, no row    settle
 *	live, its owner is us or nobody        take it
 *	live, another's                        give it the entry: one script call, which
 *	                                       says whether that one lives at all
 *	                                       lives: given; dead: take it, off that one
 */
#include "worker/handover.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "queue/queue_attach.h"
#include "store/store_runs.h"

#include <string.h>

#define AGAIN_S 0.5

/* A question under way; its answer may come when nobody waits for it. */
struct handover_call {
	struct handover *handover; /* NULL: stopped */
	int statement;
	char *owner; /* owned */
};

static void call_free(struct handover_call *call)
{
	if (call->handover)
		call->handover->call = NULL;
	mem_free(call->owner);
	mem_free(call);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	ev_timer_stop(loop, w);
	handover_start(w->data);
}

static void look_again(struct handover *handover)
{
	ev_timer_init(&handover->again, on_again, AGAIN_S, 0.);
	handover->again.data = handover;
	ev_timer_start(handover->loop, &handover->again);
}

static void on_given(void *arg, int rc, bool lives, const bool *taken, size_t n,
		     const struct err *err)
{
	struct handover_call *call = arg;
	struct handover *handover = call->handover;

	(void)n;
	if (!handover) {
		call_free(call);
	} else if (rc < 0) {
		if (rc != ERR_CLOSED)
			log_warn("run.handover_waits", LOG_S("run", handover->run_id),
				 LOG_S("error", err->text));
		call_free(call);
		if (rc != ERR_CLOSED)
			look_again(handover);
	} else if (!lives) {
		handover->call = NULL;
		call->handover = NULL;
		handover->decided(handover, HANDOVER_TAKE, call->owner);
		call_free(call);
	} else {
		bool given = taken[0];

		call_free(call);
		handover->decided(handover, given ? HANDOVER_GIVEN : HANDOVER_STAYS, "");
	}
}

static void give(struct handover_call *call)
{
	struct handover *handover = call->handover;
	const struct queue_text owner = { call->owner, strlen(call->owner) };
	struct err err;

	if (queue_attach_give(handover->queue, owner, &handover->job_id, 1, on_given,
			      call, &err) < 0) {
		call_free(call);
		look_again(handover);
	}
}

static bool is_live(const struct handover *handover, const struct store_run_look *row)
{
	return !row->ended && row->wake == handover->wake &&
	       (strcmp(row->status, "queued") == 0 ||
		strcmp(row->status, "running") == 0);
}

static void judge(struct handover_call *call, const struct store_run_look *row)
{
	struct handover *handover = call->handover;
	const char *owner = row && row->owner ? row->owner : "";

	if (row && is_live(handover, row) && *owner &&
	    strcmp(owner, handover->owner_is_us) != 0) {
		call->owner = mem_dup(owner);
		give(call);
		return;
	}
	handover->call = NULL;
	call->handover = NULL;
	if (row && is_live(handover, row))
		handover->decided(handover, HANDOVER_TAKE, owner);
	else
		handover->decided(handover, HANDOVER_SETTLE, owner);
	call_free(call);
}

static void on_looked(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct handover_call *call = arg;
	struct handover *handover = call->handover;
	struct store_run_look row;

	if (!handover || outcome->err.code == ERR_CLOSED) {
		call_free(call);
		return;
	}
	FAULT_OF("handover.looked", handover->run_id);
	if (!reply) {
		log_warn("run.look_failed", LOG_S("run", handover->run_id),
			 LOG_S("error", outcome->err.text));
		call_free(call);
		look_again(handover);
		return;
	}
	if (store_runs_look_count(reply, call->statement) == 0) {
		judge(call, NULL);
		return;
	}
	store_runs_look_read(reply, call->statement, 0, &row);
	judge(call, &row);
}

void handover_start(struct handover *handover)
{
	struct handover_call *call = mem_new(struct handover_call);
	struct pg_batch *batch = pg_batch_new();

	call->handover = handover;
	handover->call = call;
	call->statement = store_runs_look(batch, &handover->run_id, 1);
	if (pg_pool_submit(handover->pool, batch, 0, on_looked, call) < 0) {
		call_free(call);
		look_again(handover);
	}
}

void handover_stop(struct handover *handover)
{
	if (handover->call)
		handover->call->handover = NULL;
	handover->call = NULL;
	if (handover->loop)
		ev_timer_stop(handover->loop, &handover->again);
}
