/*
 * lifeline.c - a child's tie to its master: readiness, drain, pulse
 *
 * Three things end a child in order, and all become one call of on_drain: a DRAIN frame
 * with the master's deadline, a SIGTERM from anybody, and the end of file that a dead
 * master leaves behind. For the last two nobody outside keeps the deadline, so a timer
 * here breaks the loop when it is over; after the master's end an alarm(2) stands behind
 * that, for a loop that does not turn any more.
 *
 * The pulse is one relaxed store, made each time the loop has waited and by a timer when
 * nothing else happens: a loop that is stuck in one callback shows an old pulse.
 */
#include "ipc/lifeline.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/exit_code.h"
#include "ipc/frame.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ALARM_BEHIND_MS 5000
#define LATE_SAID_MS    10000 /* at most one line in so long */

static void lifeline_drain(struct lifeline *lifeline, const char *reason,
			   int64_t deadline_mono_ms)
{
	if (lifeline->draining) {
		if (lifeline->ops->on_hurry)
			lifeline->ops->on_hurry(lifeline->arg, deadline_mono_ms);
		return;
	}
	lifeline->draining = true;
	log_info("child.draining", LOG_S("reason", reason),
		 LOG_N("wait_ms", deadline_mono_ms - clock_mono_ms()));
	lifeline->ops->on_drain(lifeline->arg, reason, deadline_mono_ms);
}

/* Drain with a deadline that we keep ourselves. */
static void lifeline_drain_alone(struct lifeline *lifeline, const char *reason)
{
	int64_t wait_ms = lifeline->env->drain_deadline_ms;

	if (!ev_is_active(&lifeline->leave)) {
		ev_timer_set(&lifeline->leave, (double)wait_ms / 1000.0, 0.);
		ev_timer_start(lifeline->loop, &lifeline->leave);
	}
	lifeline_drain(lifeline, reason, clock_mono_ms() + wait_ms);
}

static void on_leave(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	log_warn("child.drain_cut", LOG_S("reason", "the drain deadline is over"));
	ev_break(loop, EVBREAK_ALL);
}

static void on_master_gone(struct lifeline *lifeline)
{
	int64_t wait_ms = lifeline->env->drain_deadline_ms + ALARM_BEHIND_MS;

	lifeline->lost = true;
	ev_io_stop(lifeline->loop, &lifeline->io);
	ev_io_stop(lifeline->loop, &lifeline->room);
	str_reset(&lifeline->unsent, 0);
	log_warn("child.master_lost",
		 LOG_S("what", "the master is gone; draining and leaving"));
	(void)alarm((unsigned)(wait_ms / 1000)); /* no alarm was set before */
	lifeline_drain_alone(lifeline, "master_lost");
}

static void on_frame(struct ev_loop *loop, ev_io *w, int revents)
{
	struct lifeline *lifeline = w->data;
	struct frame frame;
	struct err err = { .code = 0 };
	int rc;

	(void)loop;
	(void)revents;
	/* one frame a turn: what it starts may stop this watcher */
	rc = frame_recv(w->fd, &frame, &err);
	if (rc == 0)
		return;
	if (rc == ERR_CLOSED) {
		on_master_gone(lifeline);
		return;
	}
	if (rc < 0) {
		log_error("child.frame_bad", LOG_S("error", err.text));
		if (rc == ERR_SYS)
			on_master_gone(lifeline);
		return;
	}
	switch (frame.type) {
	case FRAME_DRAIN:
		lifeline_drain(lifeline, frame.text, frame.number);
		return;
	case FRAME_QUIET:
		if (lifeline->ops->on_quiet)
			lifeline->ops->on_quiet(lifeline->arg);
		return;
	case FRAME_REOPEN:
		if (log_reopen(&err) < 0)
			log_error("log.not_reopened", LOG_S("error", err.text));
		return;
	case FRAME_OBITUARY:
		if (lifeline->ops->on_obituary && frame.number >= 0 &&
		    frame.number < SCOREBOARD_SLOTS) {
			lifeline->ops->on_obituary(lifeline->arg, (int)frame.number,
						   frame.pid);
			return;
		}
		break;
	case FRAME_READY:
	case FRAME_OBITUARY_DONE:
	case FRAME_WANTED:
		break;
	}
	log_error("child.frame_refused", LOG_S("type", frame_type_name(frame.type)),
		  LOG_N("number", frame.number));
}

static void lifeline_send(struct lifeline *lifeline, const struct frame *frame)
{
	unsigned char bytes[FRAME_BYTES];
	struct err err = { .code = 0 };
	int rc;

	if (lifeline->lost)
		return;
	if (!lifeline->unsent.len) {
		rc = frame_send(lifeline->io.fd, frame, &err);
		if (rc == 0)
			return;
		if (rc != ERR_FULL) {
			/* the master is gone; its end of file comes through on_frame */
			log_debug("child.frame_unsent", LOG_S("error", err.text));
			return;
		}
	}
	/* bounded: one ready, and at most one answer per obituary */
	frame_encode(frame, bytes);
	str_add(&lifeline->unsent, bytes, sizeof(bytes));
	ev_io_start(lifeline->loop, &lifeline->room);
}

static void on_room(struct ev_loop *loop, ev_io *w, int revents)
{
	struct lifeline *lifeline = w->data;
	struct err err = { .code = 0 };
	struct frame frame;
	int rc;

	(void)revents;
	while (lifeline->unsent.len) {
		rc = frame_decode(lifeline->unsent.data, FRAME_BYTES, &frame, &err);
		assert(rc == 0); /* our own bytes */
		rc = frame_send(w->fd, &frame, &err);
		if (rc == ERR_FULL)
			return;
		if (rc < 0) {
			log_debug("child.frame_unsent", LOG_S("error", err.text));
			str_reset(&lifeline->unsent, 0);
			break;
		}
		str_drop(&lifeline->unsent, FRAME_BYTES);
	}
	ev_io_stop(loop, w);
}

/* The loop stood still: a callback took that long, or nobody gave us the CPU. */
static void lifeline_late(struct lifeline *lifeline, int64_t now_mono_ms, int64_t late_ms)
{
	struct score_slot *score = lifeline->env->score;

	score_add(score, SCORE_PULSES_LATE, 1);
	if (lifeline->late_said_mono_ms &&
	    now_mono_ms - lifeline->late_said_mono_ms < LATE_SAID_MS)
		return;
	lifeline->late_said_mono_ms = now_mono_ms;
	log_warn("child.pulse_late", LOG_N("late_ms", late_ms),
		 LOG_N("times", score_get(score, SCORE_PULSES_LATE)),
		 LOG_N("longest_ms", score_get(score, SCORE_PULSE_LATE_MS)));
}

static void lifeline_beat(struct lifeline *lifeline)
{
	struct score_slot *score = lifeline->env->score;
	int64_t now_mono_ms = clock_mono_ms(), late_ms;

	/* the pulse is ours alone to write, but a test may move it: we keep our own */
	late_ms = now_mono_ms - lifeline->beat_mono_ms - LIFELINE_PULSE_MS;
	if (lifeline->beat_mono_ms && late_ms > score_get(score, SCORE_PULSE_LATE_MS))
		score_set(score, SCORE_PULSE_LATE_MS, late_ms);
	if (lifeline->beat_mono_ms && late_ms >= LIFELINE_LATE_MS)
		lifeline_late(lifeline, now_mono_ms, late_ms);
	lifeline->beat_mono_ms = now_mono_ms;
	atomic_store_explicit(&score->pulse_mono_ms, now_mono_ms, memory_order_relaxed);
}

static void on_pulse(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	lifeline_beat(w->data);
}

static void on_turn(struct ev_loop *loop, ev_check *w, int revents)
{
	(void)loop;
	(void)revents;
	lifeline_beat(w->data);
}

static void on_term(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)revents;
	lifeline_drain_alone(w->data, "sigterm");
}

static void lifeline_mask_term(int how)
{
	sigset_t term;

	(void)sigemptyset(&term); /* cannot fail for our own set and a legal signal */
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(how, &term, NULL);
}

void lifeline_init(struct lifeline *lifeline, struct ev_loop *loop, struct child_env *env,
		   const struct lifeline_ops *ops, void *arg)
{
	assert(ops->on_drain);
	memset(lifeline, 0, sizeof(*lifeline));
	lifeline->loop = loop;
	lifeline->env = env;
	lifeline->ops = ops;
	lifeline->arg = arg;

	ev_io_init(&lifeline->io, on_frame, env->master_fd, EV_READ);
	ev_io_init(&lifeline->room, on_room, env->master_fd, EV_WRITE);
	ev_timer_init(&lifeline->pulse, on_pulse, LIFELINE_PULSE_MS / 1000.0,
		      LIFELINE_PULSE_MS / 1000.0);
	ev_check_init(&lifeline->turn, on_turn);
	ev_signal_init(&lifeline->term, on_term, SIGTERM);
	ev_timer_init(&lifeline->leave, on_leave, 0., 0.);
	lifeline->io.data = lifeline->room.data = lifeline->pulse.data =
		lifeline->turn.data = lifeline->term.data = lifeline->leave.data =
			lifeline;

	ev_io_start(loop, &lifeline->io);
	ev_timer_start(loop, &lifeline->pulse);
	ev_check_start(loop, &lifeline->turn);
	ev_signal_start(loop, &lifeline->term);
	lifeline_mask_term(SIG_UNBLOCK);
	lifeline_beat(lifeline);
}

void lifeline_deinit(struct lifeline *lifeline)
{
	if (!lifeline->loop)
		return;
	ev_io_stop(lifeline->loop, &lifeline->io);
	ev_io_stop(lifeline->loop, &lifeline->room);
	ev_timer_stop(lifeline->loop, &lifeline->pulse);
	ev_check_stop(lifeline->loop, &lifeline->turn);
	ev_signal_stop(lifeline->loop, &lifeline->term);
	ev_timer_stop(lifeline->loop, &lifeline->leave);
	/* a second SIGTERM must not cut the teardown short */
	lifeline_mask_term(SIG_BLOCK);
	str_deinit(&lifeline->unsent);
	lifeline->loop = NULL;
}

void lifeline_ready(struct lifeline *lifeline)
{
	struct frame frame;

	frame_init(&frame, FRAME_READY, 0, NULL);
	frame.pid = getpid();
	frame.generation = lifeline->env->generation;
	lifeline_send(lifeline, &frame);
}

void lifeline_obituary_done(struct lifeline *lifeline, int index, int pid)
{
	struct frame frame;

	frame_init(&frame, FRAME_OBITUARY_DONE, index, NULL);
	frame.pid = pid;
	lifeline_send(lifeline, &frame);
}

void lifeline_wanted(struct lifeline *lifeline, bool wanted)
{
	struct frame frame;

	frame_init(&frame, FRAME_WANTED, wanted, NULL);
	lifeline_send(lifeline, &frame);
}

bool lifeline_draining(const struct lifeline *lifeline)
{
	return lifeline->draining;
}

bool lifeline_lost(const struct lifeline *lifeline)
{
	return lifeline->lost;
}

bool lifeline_master_silent(const struct lifeline *lifeline, int64_t silent_ms)
{
	return clock_mono_ms() -
		       atomic_load_explicit(&lifeline->env->board->master_pulse_mono_ms,
					    memory_order_relaxed) >
	       silent_ms;
}

int lifeline_exit_code(const struct lifeline *lifeline)
{
	return lifeline->lost ? EXIT_CODE_CHILD_LOST_MASTER : EXIT_CODE_OK;
}
