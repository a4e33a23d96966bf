/*
 * reattach.c - a worker tells Redis, anew, what it works on
 *
 * On every reconnect, since nobody knows what Redis lost meanwhile, and whenever a
 * recovery begins that this worker has not answered. All jobs go out at once, 200 a call;
 * when every call was answered, one more writes the recovery's number into the heartbeat
 * key, which is what the lead clerk waits for. A call that failed makes all of it begin
 * again: the script takes an entry once.
 *
 * The number is asked for twice a second beside: a worker without a free slot claims
 * nothing, so no claim's reply tells it.
 */
#include "worker/reattach.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "queue/queue_attach.h"
#include "queue/queue_recovery.h"

#define LOOK_S 0.5

struct reattach {
	struct reattach_options options;
	ev_timer look;
	struct queue_job jobs[QUEUE_BATCH_MAX]; /* the call that is being filled */
	size_t count;
	size_t total;      /* told in this round */
	size_t taken;      /* of them, held by us now */
	size_t unanswered; /* calls */
	bool failed;       /* one of this round's calls */
	bool running;      /* a round: from tell() to the number's answer */
	bool again;        /* begin another round when this one is over */
	bool looking;      /* the number is asked for */
	int64_t recovery;  /* the one that Redis names; 0: none yet */
	int64_t answering; /* the one that it named when the round began */
};

static void begin(struct reattach *reattach);

static void round_over(struct reattach *reattach)
{
	bool again = reattach->again || reattach->failed;

	reattach->running = false;
	reattach->again = again; /* the timer begins it: not as fast as Redis fails */
	if (!again)
		reattach->options.told(reattach->options.arg);
}

static void on_said(void *arg, int rc, bool lives, const bool *taken, size_t n,
		    const struct err *err)
{
	struct reattach *reattach = arg;

	(void)lives;
	(void)taken;
	(void)n;
	if (rc == ERR_CLOSED)
		return;
	if (rc < 0) {
		reattach->failed = true;
		log_warn("queue.attach_failed",
			 LOG_S("queue", queue_name(reattach->options.queue)),
			 LOG_S("error", err->text));
	}
	round_over(reattach);
}

/* Everything was told: say so, with the number of the recovery that this round began
 * with. Of a later one what was told first may be lost again: that is another round. */
static void say(struct reattach *reattach)
{
	const struct reattach_options *options = &reattach->options;
	struct err err;

	FAULT("attach.told");
	if (reattach->total)
		log_info("queue.attached", LOG_S("queue", queue_name(options->queue)),
			 LOG_N("jobs", reattach->total), LOG_N("held", reattach->taken),
			 LOG_N("recovery", reattach->answering));
	if (queue_attach_own(options->queue, NULL, 0, options->alive_ttl_ms,
			     reattach->answering, on_said, reattach, &err) < 0) {
		reattach->failed = true; /* no link: it comes up again */
		round_over(reattach);
	}
}

static void call_over(struct reattach *reattach)
{
	if (reattach->unanswered)
		return;
	if (reattach->failed)
		round_over(reattach);
	else
		say(reattach);
}

static void on_attached(void *arg, int rc, bool lives, const bool *taken, size_t n,
			const struct err *err)
{
	struct reattach *reattach = arg;
	size_t i;

	(void)lives;
	if (rc == ERR_CLOSED)
		return;
	reattach->unanswered--;
	if (rc < 0) {
		reattach->failed = true;
		log_warn("queue.attach_failed",
			 LOG_S("queue", queue_name(reattach->options.queue)),
			 LOG_S("error", err->text));
	}
	FAULT("attach.answered");
	for (i = 0; rc == 0 && i < n; i++)
		reattach->taken += taken[i];
	call_over(reattach);
}

static void flush(struct reattach *reattach)
{
	const struct reattach_options *options = &reattach->options;
	struct err err;

	if (!reattach->count)
		return;
	if (queue_attach_own(options->queue, reattach->jobs, reattach->count,
			     options->alive_ttl_ms, -1, on_attached, reattach, &err) < 0)
		reattach->failed = true;
	else
		reattach->unanswered++;
	reattach->total += reattach->count;
	reattach->count = 0;
}

void reattach_add(struct reattach *reattach, const struct queue_job *job)
{
	reattach->jobs[reattach->count++] = *job;
	if (reattach->count == QUEUE_BATCH_MAX)
		flush(reattach);
}

static void begin(struct reattach *reattach)
{
	if (reattach->running) {
		reattach->again = true;
		return;
	}
	reattach->running = true;
	reattach->answering = reattach->recovery;
	reattach->again = reattach->failed = false;
	reattach->count = reattach->total = reattach->taken = 0;
	reattach->options.tell(reattach->options.arg, reattach);
	flush(reattach);
	call_over(reattach);
}

void reattach_seen(struct reattach *reattach, int64_t recovery)
{
	if (recovery == 0 || recovery == reattach->recovery)
		return;
	reattach->recovery = recovery;
	begin(reattach);
}

static void on_number(void *arg, int rc, int64_t number, const struct err *err)
{
	struct reattach *reattach = arg;

	(void)err; /* the link says itself when it goes */
	if (rc == ERR_CLOSED)
		return;
	reattach->looking = false;
	if (rc < 0)
		return;
	reattach_seen(reattach, number);
	if (reattach->again && !reattach->running)
		begin(reattach);
}

static void look(struct reattach *reattach)
{
	struct err err;

	if (reattach->looking)
		return;
	if (queue_recovering(reattach->options.queue, on_number, reattach, &err) == 0)
		reattach->looking = true;
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	look(w->data);
}

void reattach_link_up(struct reattach *reattach)
{
	begin(reattach);
	look(reattach);
}

struct reattach *reattach_new(const struct reattach_options *options)
{
	struct reattach *reattach = mem_new(struct reattach);

	reattach->options = *options;
	ev_timer_init(&reattach->look, on_look, LOOK_S, LOOK_S);
	reattach->look.data = reattach;
	ev_timer_start(options->loop, &reattach->look);
	return reattach;
}

void reattach_free(struct reattach *reattach)
{
	if (!reattach)
		return;
	ev_timer_stop(reattach->options.loop, &reattach->look);
	mem_free(reattach);
}
