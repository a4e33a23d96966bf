/*
 * file_patience.c - a change of this host's files that waits for another writer
 *
 * Writers of the data folder lock it, and a verb that imports hundreds of definitions
 * has it for a while. The loop, which executes runs, does not stand until then: it tries
 * again.
 */
#include "api/file_patience.h"

#include "base/clock.h"

#define AGAIN_SEC   0.02
#define PATIENCE_MS 2000

static void attempt(struct file_patience *wait)
{
	struct err err;
	int rc = wait->attempt(wait, &err);

	if (rc == ERR_CONFLICT && clock_mono_ms() < wait->until_mono_ms) {
		ev_timer_set(&wait->timer, AGAIN_SEC, 0.);
		ev_timer_start(wait->loop, &wait->timer);
		return;
	}
	wait->over(wait, rc, &err);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	attempt(w->data);
}

void file_patience_start(struct file_patience *wait, struct ev_loop *loop)
{
	wait->loop = loop;
	wait->until_mono_ms = clock_mono_ms() + PATIENCE_MS;
	ev_timer_init(&wait->timer, on_again, 0., 0.);
	wait->timer.data = wait;
	attempt(wait);
}

void file_patience_stop(struct file_patience *wait)
{
	ev_timer_stop(wait->loop, &wait->timer);
}
