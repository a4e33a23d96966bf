/*
 * child.c - one seat of a kind: the process in it comes and goes
 *
 *                    start            ready
 *   retired, backoff ----> starting -------> ready ----> quiet
 *        ^      ^             |  late          | stale     |
 *        |      |             v                v           |
 *        |      +---------- killed <-----------+-----------+
 *        |  exit, wanted      ^ grace over                 | drain
 *        +-- exit, unwanted --+-------- draining <---------+
 *
 * The table is pure. child_step() is the only place that changes the state, child_enter()
 * the only one that arms the timer and sends signals. Callbacks of the loop only
 * translate what happened into an event.
 *
 * An orderly end has three stages: a DRAIN frame, the deadline, SIGKILL. A process whose
 * pulse stands still gets SIGABRT first, so that it leaves where it hung (ipc/stack.c),
 * and SIGKILL two seconds later. Signals go through the pidfd to the child alone: its
 * helpers are its own, and end with it.
 */
#include "master/child.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "ipc/frame.h"
#include "ipc/kind.h"

#include <assert.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#define ABORT_GRACE_MS 2000

static const enum child_state table[CHILD_NSTATES][CHILD_NEVENTS] = {
	[CHILD_RETIRED] = {
		[CHILD_EV_START] = CHILD_STARTING,
	},
	[CHILD_STARTING] = {
		[CHILD_EV_FORK_FAILED] = CHILD_BACKOFF,
		[CHILD_EV_READY] = CHILD_READY,
		[CHILD_EV_READY_LATE] = CHILD_KILLED,
		[CHILD_EV_DRAIN] = CHILD_DRAINING,
		[CHILD_EV_EXIT_RESTART] = CHILD_BACKOFF,
	},
	[CHILD_READY] = {
		[CHILD_EV_QUIET] = CHILD_QUIET,
		[CHILD_EV_STALE] = CHILD_KILLED,
		[CHILD_EV_DRAIN] = CHILD_DRAINING,
		[CHILD_EV_EXIT_RESTART] = CHILD_BACKOFF,
	},
	[CHILD_QUIET] = {
		[CHILD_EV_STALE] = CHILD_KILLED,
		[CHILD_EV_DRAIN] = CHILD_DRAINING,
		[CHILD_EV_EXIT_RESTART] = CHILD_BACKOFF,
	},
	[CHILD_DRAINING] = {
		[CHILD_EV_DRAIN] = CHILD_DRAINING, /* a nearer deadline */
		[CHILD_EV_GRACE_OVER] = CHILD_KILLED,
		[CHILD_EV_EXIT_RETIRE] = CHILD_RETIRED,
	},
	[CHILD_KILLED] = {
		[CHILD_EV_DRAIN] = CHILD_KILLED, /* nobody follows it, no more grace */
		[CHILD_EV_GRACE_OVER] = CHILD_KILLED,
		[CHILD_EV_EXIT_RESTART] = CHILD_BACKOFF,
		[CHILD_EV_EXIT_RETIRE] = CHILD_RETIRED,
	},
	[CHILD_BACKOFF] = {
		[CHILD_EV_START] = CHILD_STARTING,
		[CHILD_EV_DRAIN] = CHILD_RETIRED,
	},
};

enum child_state child_next(enum child_state state, enum child_event event)
{
	assert(state < CHILD_NSTATES && event < CHILD_NEVENTS);
	return table[state][event];
}

const char *child_state_name(enum child_state state)
{
	switch (state) {
	case CHILD_REFUSED:
		return "refused";
	case CHILD_RETIRED:
		return "retired";
	case CHILD_STARTING:
		return "starting";
	case CHILD_READY:
		return "ready";
	case CHILD_QUIET:
		return "quiet";
	case CHILD_DRAINING:
		return "draining";
	case CHILD_KILLED:
		return "killed";
	case CHILD_BACKOFF:
		return "backoff";
	case CHILD_NSTATES:
		break;
	}
	return "unknown";
}

const char *child_event_name(enum child_event event)
{
	switch (event) {
	case CHILD_EV_START:
		return "start";
	case CHILD_EV_FORK_FAILED:
		return "fork_failed";
	case CHILD_EV_READY:
		return "ready";
	case CHILD_EV_READY_LATE:
		return "ready_late";
	case CHILD_EV_QUIET:
		return "quiet";
	case CHILD_EV_STALE:
		return "stale";
	case CHILD_EV_DRAIN:
		return "drain";
	case CHILD_EV_GRACE_OVER:
		return "grace_over";
	case CHILD_EV_EXIT_RESTART:
		return "exit_restart";
	case CHILD_EV_EXIT_RETIRE:
		return "exit_retire";
	case CHILD_NEVENTS:
		break;
	}
	return "unknown";
}

/* What the scoreboard shows of a seat that has a process. */
static enum score_state score_state_of(enum child_state state)
{
	switch (state) {
	case CHILD_STARTING:
		return SCORE_STARTING;
	case CHILD_READY:
		return SCORE_READY;
	case CHILD_QUIET:
		return SCORE_QUIET;
	case CHILD_DRAINING:
		return SCORE_DRAINING;
	case CHILD_KILLED:
		return SCORE_KILLED;
	case CHILD_REFUSED:
	case CHILD_RETIRED:
	case CHILD_BACKOFF:
	case CHILD_NSTATES:
		break;
	}
	return SCORE_FREE;
}

static void child_step(struct child *child, enum child_event event);

static void child_timer(struct child *child, int64_t wait_ms)
{
	ev_timer_stop(child->loop, &child->timer);
	ev_timer_set(&child->timer, wait_ms > 0 ? (double)wait_ms / 1000.0 : 0., 0.);
	ev_now_update(child->loop); /* a fork may have taken a while */
	ev_timer_start(child->loop, &child->timer);
}

static void child_signal(struct child *child, int number)
{
	struct err err = { .code = 0 };

	if (reaper_signal(child->pidfd, number, &err) < 0)
		log_error("child.signal_failed", LOG_N("child", child->pid),
			  LOG_N("signal", number), LOG_S("error", err.text));
}

/* A child that does not read its socket is told the same by a signal. */
static void child_tell(struct child *child, enum frame_type type, int64_t number,
		       const char *text, int instead)
{
	struct frame frame;
	struct err err = { .code = 0 };

	frame_init(&frame, type, number, text);
	if (frame_send(child->fd, &frame, &err) == 0)
		return;
	log_warn("child.frame_unsent", LOG_N("child", child->pid),
		 LOG_S("type", frame_type_name(type)), LOG_S("error", err.text));
	if (instead)
		child_signal(child, instead);
}

static void child_kill(struct child *child)
{
	bool stale = child->why && strcmp(child->why, "watchdog") == 0;

	if (stale && !child->aborted && !child->leaving) {
		child->aborted = true;
		child_signal(child, SIGABRT);
		child_timer(child, ABORT_GRACE_MS);
		return;
	}
	ev_timer_stop(child->loop, &child->timer);
	child_signal(child, SIGKILL);
}

/* The only place that arms the timer and sends signals. */
static void child_enter(struct child *child)
{
	switch (child->state) {
	case CHILD_STARTING:
		child->leaving = false;
		child->ready_once = false;
		child->aborted = false;
		child->why = NULL;
		ev_timer_stop(child->loop, &child->timer);
		child->ops->start(child);
		return;
	case CHILD_READY:
		ev_timer_stop(child->loop, &child->timer);
		child->ready_once = child->ever_ready = true;
		child->ops->ready(child);
		return;
	case CHILD_QUIET:
		child_tell(child, FRAME_QUIET, 0, "", 0);
		return;
	case CHILD_DRAINING:
		if (!child->pid) { /* it was only due */
			child_step(child, CHILD_EV_EXIT_RETIRE);
			return;
		}
		child_tell(child, FRAME_DRAIN, child->deadline_mono_ms,
			   child->drain_reason, SIGTERM);
		child_timer(child, child->deadline_mono_ms - clock_mono_ms());
		return;
	case CHILD_KILLED:
		child_kill(child);
		return;
	case CHILD_BACKOFF:
		if (child->wait_ms)
			log_info("child.backoff", LOG_S("child_kind", child->kind->name),
				 LOG_N("child_slot", child->slot),
				 LOG_N("wait_ms", child->wait_ms));
		child_timer(child, child->wait_ms);
		return;
	case CHILD_RETIRED:
		ev_timer_stop(child->loop, &child->timer);
		child->ops->retired(child);
		return;
	case CHILD_REFUSED:
	case CHILD_NSTATES:
		break;
	}
	assert(!"not a state");
}

static void child_step(struct child *child, enum child_event event)
{
	enum child_state to = child_next(child->state, event);

	if (to == CHILD_REFUSED) {
		log_warn("child.event_refused", LOG_S("child_kind", child->kind->name),
			 LOG_N("child_slot", child->slot), LOG_N("child", child->pid),
			 LOG_S("state", child_state_name(child->state)),
			 LOG_S("child_event", child_event_name(event)));
		return;
	}
	if (to != child->state)
		log_info("child.state", LOG_S("child_kind", child->kind->name),
			 LOG_N("child_slot", child->slot), LOG_N("child", child->pid),
			 LOG_S("from", child_state_name(child->state)),
			 LOG_S("to", child_state_name(to)));
	child->state = to;
	if (child->score)
		atomic_store_explicit(&child->score->state, (int32_t)score_state_of(to),
				      memory_order_release);
	child_enter(child);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct child *child = w->data;

	(void)loop;
	(void)revents;
	switch (child->state) {
	case CHILD_STARTING:
		if (child->ops->may_wait && child->ops->may_wait(child)) {
			child_timer(child, child->kind->ready_timeout_ms);
			return;
		}
		child->why = "not_ready";
		child_step(child, CHILD_EV_READY_LATE);
		return;
	case CHILD_DRAINING:
		child->why = "drain_deadline";
		child_step(child, CHILD_EV_GRACE_OVER);
		return;
	case CHILD_KILLED:
		child_step(child, CHILD_EV_GRACE_OVER);
		return;
	case CHILD_BACKOFF:
		child_step(child, CHILD_EV_START);
		return;
	case CHILD_REFUSED:
	case CHILD_RETIRED:
	case CHILD_READY:
	case CHILD_QUIET:
	case CHILD_NSTATES:
		break;
	}
	assert(!"no timer is armed in this state");
}

static void on_child_frame(struct child *child, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_READY:
		/* it may have crossed our drain or our signal */
		if (child->state != CHILD_DRAINING && child->state != CHILD_KILLED)
			child_step(child, CHILD_EV_READY);
		return;
	case FRAME_OBITUARY_DONE:
		if (frame->number >= 0 && frame->number < SCOREBOARD_SLOTS) {
			child->ops->obituary_done(child, (int)frame->number, frame->pid);
			return;
		}
		break;
	case FRAME_WANTED:
		if (child->ops->wanted && (child->kind->flags & KIND_TAKES_OBITUARIES)) {
			child->ops->wanted(child, frame->number != 0);
			return;
		}
		break;
	case FRAME_DRAIN:
	case FRAME_QUIET:
	case FRAME_OBITUARY:
	case FRAME_REOPEN:
		break;
	}
	log_error("child.frame_refused", LOG_N("child", child->pid),
		  LOG_S("type", frame_type_name(frame->type)),
		  LOG_N("number", frame->number));
}

static void on_frames(struct ev_loop *loop, ev_io *w, int revents)
{
	struct child *child = w->data;
	struct frame frame;
	struct err err = { .code = 0 };
	int rc;

	(void)revents;
	rc = frame_recv(w->fd, &frame, &err);
	if (rc == 1) {
		on_child_frame(child, &frame);
	} else if (rc == ERR_PROTO) {
		log_error("child.frame_bad", LOG_N("child", child->pid),
			  LOG_S("error", err.text));
	} else if (rc < 0) {
		/* it closed its end: it is leaving, and its pidfd will say so */
		ev_io_stop(loop, w);
	}
}

/* Forget the process; its slot of the scoreboard was handed over. */
static void child_vacate(struct child *child)
{
	ev_io_stop(child->loop, &child->frames);
	ev_io_stop(child->loop, &child->end);
	ev_timer_stop(child->loop, &child->timer);
	fdutil_close(&child->pidfd);
	fdutil_close(&child->fd);
	child->pid = 0;
	child->index = -1;
	child->score = NULL;
}

static void on_end(struct ev_loop *loop, ev_io *w, int revents)
{
	struct child *child = w->data;
	struct reaper_death death;
	struct err err = { .code = 0 };
	int rc;

	(void)loop;
	(void)revents;
	/* what it said last comes before its end */
	while (ev_is_active(&child->frames) && child->state != CHILD_KILLED) {
		struct frame frame;

		rc = frame_recv(child->fd, &frame, NULL);
		if (rc != 1)
			break;
		on_child_frame(child, &frame);
	}
	rc = reaper_collect(child->pidfd, &death, &err);
	if (rc == 0)
		return;
	if (rc < 0) { /* somebody else reaped it: we are wrong, but it is gone */
		log_error("child.reap_failed", LOG_N("child", child->pid),
			  LOG_S("error", err.text));
		death.by_signal = false;
		death.number = -1;
	}
	child->wait_ms = child->ops->died(child, &death, child->why);
	child_vacate(child);
	child_step(child, child->leaving ? CHILD_EV_EXIT_RETIRE : CHILD_EV_EXIT_RESTART);
}

void child_init(struct child *child, struct ev_loop *loop, const struct kind *kind,
		int slot, const struct child_ops *ops, void *owner)
{
	memset(child, 0, sizeof(*child));
	child->loop = loop;
	child->kind = kind;
	child->slot = slot;
	child->ops = ops;
	child->owner = owner;
	child->state = CHILD_RETIRED;
	child->pidfd = child->fd = child->index = -1;
	ev_init(&child->frames, on_frames);
	ev_init(&child->end, on_end);
	ev_init(&child->timer, on_timer);
	child->frames.data = child->end.data = child->timer.data = child;
}

void child_deinit(struct child *child)
{
	if (child->loop)
		child_vacate(child);
}

void child_start(struct child *child)
{
	child_step(child, CHILD_EV_START);
}

void child_forked(struct child *child, int pid, int pidfd, int fd, int index,
		  struct score_slot *score)
{
	assert(child->state == CHILD_STARTING && !child->pid);
	child->pid = pid;
	child->pidfd = pidfd;
	child->fd = fd;
	child->index = index;
	child->score = score;
	child->started_mono_ms = clock_mono_ms();
	child->watch_from_mono_ms = child->started_mono_ms;
	ev_io_set(&child->frames, fd, EV_READ);
	ev_io_start(child->loop, &child->frames);
	ev_io_set(&child->end, pidfd, EV_READ);
	ev_io_start(child->loop, &child->end);
	child_timer(child, child->kind->ready_timeout_ms);
}

void child_fork_failed(struct child *child, int64_t wait_ms)
{
	child->wait_ms = wait_ms;
	child_step(child, CHILD_EV_FORK_FAILED);
}

void child_drain(struct child *child, const char *reason, int64_t deadline_mono_ms)
{
	if (child->state == CHILD_RETIRED)
		return;
	/* it may be leaving already: the nearer end counts */
	if (child->leaving && child->deadline_mono_ms < deadline_mono_ms)
		deadline_mono_ms = child->deadline_mono_ms;
	child->leaving = true;
	child->drain_reason = reason;
	child->deadline_mono_ms = deadline_mono_ms;
	child_step(child, CHILD_EV_DRAIN);
}

void child_quiet(struct child *child)
{
	child_step(child, CHILD_EV_QUIET);
}

void child_reopen_log(struct child *child)
{
	if (child->pid)
		child_tell(child, FRAME_REOPEN, 0, "", 0);
}

void child_check_pulse(struct child *child, int64_t now_mono_ms, int64_t stale_ms)
{
	char suspect[IDS_MAX];
	int64_t pulse_mono_ms;

	if (child->state != CHILD_READY && child->state != CHILD_QUIET)
		return;
	pulse_mono_ms =
		atomic_load_explicit(&child->score->pulse_mono_ms, memory_order_relaxed);
	if (pulse_mono_ms < child->watch_from_mono_ms)
		pulse_mono_ms = child->watch_from_mono_ms;
	if (now_mono_ms - pulse_mono_ms <= stale_ms)
		return;
	(void)score_suspect_get(child->score, suspect);
	log_warn("child.stuck", LOG_S("child_kind", child->kind->name),
		 LOG_N("child_slot", child->slot), LOG_N("child", child->pid),
		 LOG_N("pulse_age_ms", now_mono_ms - pulse_mono_ms),
		 LOG_S("suspect", suspect));
	child->why = "watchdog";
	child_step(child, CHILD_EV_STALE);
}
