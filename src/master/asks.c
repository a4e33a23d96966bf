/*
 * asks.c - what came over the control socket, and who waits for what became of it
 *
 * An ask is one of acts.h; a signal that means the same says so there. What comes in the
 * middle of the same act joins it: who drains a daemon that is draining waits for that
 * end, and a reload during a reload is the one behind it.
 */
#include "master/asks.h"

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "master/acts.h"
#include "master/control.h"
#include "master/house.h"

#include <limits.h>
#include <stdio.h>

#define BY_MAX 32
/* As much as drain.deadline may be. */
#define DRAIN_MS_MAX (3600 * 1000LL)

static int ask_drain(struct master *m, struct control_peer *peer, const char *by,
		     int64_t number, struct err *err)
{
	(void)peer;
	if (number < -1 || number > DRAIN_MS_MAX)
		return err_set(err, ERR_INPUT, "a drain takes an hour at most");
	/* a second TERM makes haste; who says nothing of time wants none of that */
	if (m->draining.active && number < 0)
		return 0;
	return acts_stop(m, by, number, false, err);
}

static int ask_stop(struct master *m, struct control_peer *peer, const char *by,
		    int64_t number, struct err *err)
{
	(void)peer;
	(void)number;
	return acts_stop(m, by, -1, true, err);
}

static int ask_reload(struct master *m, struct control_peer *peer, const char *by,
		      int64_t number, struct err *err)
{
	(void)number;
	peer->skip = reload_active(&m->reload);
	return acts_reload(m, by, err);
}

static int ask_upgrade(struct master *m, struct control_peer *peer, const char *by,
		       int64_t number, struct err *err)
{
	(void)peer;
	(void)number;
	return acts_upgrade(m, by, err);
}

static int ask_reopen(struct master *m, struct control_peer *peer, const char *by,
		      int64_t number, struct err *err)
{
	(void)peer;
	(void)number;
	return acts_reopen_logs(m, by, err);
}

static int ask_more(struct master *m, struct control_peer *peer, const char *by,
		    int64_t number, struct err *err)
{
	(void)peer;
	(void)number;
	return acts_more(m, by, err);
}

static int ask_less(struct master *m, struct control_peer *peer, const char *by,
		    int64_t number, struct err *err)
{
	(void)peer;
	(void)number;
	return acts_less(m, by, err);
}

static int ask_quiet(struct master *m, struct control_peer *peer, const char *by,
		     int64_t number, struct err *err)
{
	(void)peer;
	(void)number;
	return acts_quiet(m, by, err);
}

static int slot_of(int64_t number)
{
	return number >= 0 && number < SCOREBOARD_SLOTS ? (int)number : -1;
}

static int ask_worker_quiet(struct master *m, struct control_peer *peer, const char *by,
			    int64_t number, struct err *err)
{
	(void)peer;
	return acts_worker_quiet(m, by, slot_of(number), err);
}

static int ask_worker_stop(struct master *m, struct control_peer *peer, const char *by,
			   int64_t number, struct err *err)
{
	const struct crew *crew = crews_scaled(&m->crews);
	const struct seat *seat =
		crew ? crews_seat(&m->crews, crew, slot_of(number)) : NULL;

	peer->child = seat ? seat->child.pid : 0;
	return acts_worker_stop(m, by, slot_of(number), err);
}

/* By enum control_act. */
static const struct {
	int (*ask)(struct master *m, struct control_peer *peer, const char *by,
		   int64_t number, struct err *err);
	bool has_end; /* it is not over when it returns */
} rows[CONTROL_ACT_LAST + 1] = {
	[CONTROL_DRAIN] = { ask_drain, true },
	[CONTROL_STOP] = { ask_stop, true },
	[CONTROL_RELOAD] = { ask_reload, true },
	[CONTROL_UPGRADE] = { ask_upgrade, true },
	[CONTROL_REOPEN_LOGS] = { ask_reopen, false },
	[CONTROL_MORE] = { ask_more, false },
	[CONTROL_LESS] = { ask_less, false },
	[CONTROL_QUIET] = { ask_quiet, false },
	[CONTROL_WORKER_QUIET] = { ask_worker_quiet, false },
	[CONTROL_WORKER_STOP] = { ask_worker_stop, true },
};

static bool over(struct master *m, const struct control_peer *peer)
{
	const struct seat *seat;

	if (peer->act == CONTROL_RELOAD)
		return !reload_active(&m->reload); /* nothing has changed */
	if (peer->act != CONTROL_WORKER_STOP)
		return false;
	CREWS_EACH(&m->crews, seat)
	{
		if (peer->child && seat->child.pid == peer->child)
			return false;
	}
	return true;
}

/* How long the end may take; 0: nobody knows. */
static int64_t at_most_ms(const struct master *m, int act)
{
	int64_t left_ms = m->draining.deadline_mono_ms - clock_mono_ms();

	if (act == CONTROL_WORKER_STOP)
		return m->conf->drain.deadline_ms;
	if (act != CONTROL_DRAIN && act != CONTROL_STOP)
		return 0;
	/* the last group has some time of its own */
	return (left_ms > 0 ? left_ms : 0) + DRAINING_FAST_MS;
}

void asks_begin(void *owner, struct control_peer *peer, const struct control_frame *frame)
{
	struct master *m = owner;
	struct err err = { .code = 0 };
	char by[BY_MAX];
	bool is_over;
	int rc;

	if (frame->act < 1 || frame->act > CONTROL_ACT_LAST) {
		control_end(peer, CONTROL_REFUSED, ERR_INPUT, 0,
			    "this daemon is of a version that does not know the act");
		return;
	}
	if (atomic_load_explicit(&m->board->succeeded, memory_order_relaxed)) {
		control_end(peer, CONTROL_REFUSED, ERR_STALE, 0,
			    "another program has taken over");
		return;
	}
	(void)snprintf(by, sizeof(by), "control uid %u", (unsigned)peer->uid);
	log_info("control.asked", LOG_S("act", control_frame_act_name(frame->act)),
		 LOG_N("uid", peer->uid), LOG_N("peer", peer->pid));
	peer->act = frame->act;
	peer->skip = peer->child = 0;
	rc = rows[frame->act].ask(m, peer, by, frame->number, &err);
	if (rc < 0) {
		control_end(peer, CONTROL_REFUSED, rc, 0, err.text);
		return;
	}
	is_over = !rows[frame->act].has_end || over(m, peer);
	if (!is_over && !frame->wait_s)
		control_end(peer, CONTROL_ACCEPTED, 0, at_most_ms(m, frame->act), NULL);
	else if (control_answer(peer, CONTROL_ACCEPTED, 0, at_most_ms(m, frame->act),
				NULL) &&
		 is_over)
		control_end(peer, CONTROL_DONE, 0, atomic_load(&m->board->generation),
			    NULL);
}

void asks_ended(struct master *m, enum control_act act, int code, int64_t number,
		const char *why)
{
	int i;

	for (i = 0; i < CONTROL_PEERS; i++) {
		struct control_peer *peer = &m->control.peers[i];

		if (peer->fd < 0 || peer->act != (int)act)
			continue;
		if (peer->skip > 0 && code != ERR_CLOSED)
			peer->skip--;
		else if (code)
			control_end(peer, CONTROL_FAILED, code, number, why);
		else
			control_end(peer, CONTROL_DONE, 0, number, NULL);
	}
}

void asks_review(struct master *m)
{
	int i;

	for (i = 0; i < CONTROL_PEERS; i++) {
		struct control_peer *peer = &m->control.peers[i];

		if (peer->fd >= 0 && peer->act == CONTROL_WORKER_STOP && over(m, peer))
			control_end(peer, CONTROL_DONE, 0, 0, NULL);
	}
}

void asks_last(struct master *m)
{
	int i;

	for (i = 0; i < CONTROL_PEERS; i++) {
		struct control_peer *peer = &m->control.peers[i];

		/* the connection stays: its end says that the folders are free */
		if (peer->fd >= 0 &&
		    (peer->act == CONTROL_DRAIN || peer->act == CONTROL_STOP))
			(void)control_answer(peer, CONTROL_DONE, 0, 0, NULL);
	}
}
