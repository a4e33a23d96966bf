/*
 * putback.c - what a dead incarnation holds goes back to its queues, until all has gone
 *
 * One call is under way at a time: a queue after the other, a piece of QUEUE_BATCH_MAX
 * after the other. A call that failed is made again after a pause: the script moves only
 * what is still held, so one that was done without an answer does no harm.
 */
#include "keeper/putback.h"

#include "base/fault.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "ipc/scoreboard.h"
#include "queue/queue.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PAUSE_S 0.2 /* before what failed is tried again */

struct putback {
	const struct putback_place *place;
	char dead[IDS_MAX];
	struct queue_suspect *suspects; /* with texts of our own */
	size_t suspect_count;
	size_t at; /* queue of the call under way, or next */
	bool calling;
	ev_timer pause; /* also starts it: cb never comes from inside putback_start() */
	struct queue_requeued total;
	putback_cb cb;
	void *arg;
};

static void next_call(struct putback *putback);

static void pause_start(struct putback *putback, double wait_s)
{
	ev_timer_set(&putback->pause, wait_s, 0.);
	ev_timer_start(putback->place->loop, &putback->pause);
}

static void on_requeued(void *arg, int rc, const struct queue_requeued *done,
			const struct err *err)
{
	struct putback *putback = arg;

	putback->calling = false;
	if (rc == ERR_CLOSED)
		return; /* the keeper leaves: the next one goes on */
	if (rc < 0) {
		log_warn("requeue.failed", LOG_S("incarnation", putback->dead),
			 LOG_S("error", err->text));
		pause_start(putback, PAUSE_S);
		return;
	}
	FAULT("requeue.moved");
	putback->total.ready += done->ready;
	putback->total.quarantined += done->quarantined;
	putback->total.dropped += done->dropped;
	putback->total.unreadable += done->unreadable;
	score_add(putback->place->score, SCORE_JOBS_REQUEUED,
		  done->ready + done->quarantined);
	if (done->left == 0) {
		putback->total.kept += done->kept;
		putback->at++;
	}
	next_call(putback);
}

static void next_call(struct putback *putback)
{
	const struct putback_place *place = putback->place;
	struct err err;

	if (putback->at == place->queue_count) {
		putback->cb(putback->arg, &putback->total);
		return;
	}
	if (queue_requeue(place->queues[putback->at], putback->dead, QUEUE_BATCH_MAX,
			  putback->suspects, putback->suspect_count, on_requeued, putback,
			  &err) < 0)
		pause_start(putback, PAUSE_S); /* no link: it says so itself */
	else
		putback->calling = true;
}

static void on_pause(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	next_call(w->data);
}

struct putback *putback_start(const struct putback_place *place, const char *dead,
			      const struct queue_suspect *suspects, size_t n,
			      putback_cb cb, void *arg)
{
	struct putback *putback = mem_new(struct putback);
	size_t i;

	putback->place = place;
	(void)snprintf(putback->dead, sizeof(putback->dead), "%s", dead);
	putback->suspects = mem_new_n(struct queue_suspect, n);
	putback->suspect_count = n;
	for (i = 0; i < n; i++) {
		putback->suspects[i] = suspects[i];
		putback->suspects[i].id.data =
			mem_dup_n(suspects[i].id.data, suspects[i].id.len);
		if (suspects[i].cohort.data)
			putback->suspects[i].cohort.data = mem_dup_n(
				suspects[i].cohort.data, suspects[i].cohort.len);
	}
	putback->cb = cb;
	putback->arg = arg;
	ev_timer_init(&putback->pause, on_pause, 0., 0.);
	putback->pause.data = putback;
	pause_start(putback, 0.);
	return putback;
}

void putback_free(struct putback *putback)
{
	size_t i;

	if (!putback)
		return;
	assert(!putback->calling);
	ev_timer_stop(putback->place->loop, &putback->pause);
	for (i = 0; i < putback->suspect_count; i++) {
		mem_free(putback->suspects[i].id.data);
		mem_free(putback->suspects[i].cohort.data);
	}
	mem_free(putback->suspects);
	mem_free(putback);
}
