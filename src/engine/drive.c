/*
 * drive.c - an engine on a libev loop
 *
 * Callbacks of the loop complete ops; before the loop sleeps again, the prepare watcher
 * pumps what became ready. An idle watcher is on exactly while the pump stopped for its
 * budget: it makes the loop look at its descriptors without sleeping.
 */
#include "engine/drive.h"

#include "engine/engine.h"

static void on_more(struct ev_loop *loop, ev_idle *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents; /* the next prepare pumps; this one only keeps the loop awake */
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents; /* as above */
}

static void on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct drive *drive = w->data;
	int64_t next_ms = engine_pump(drive->engine);

	(void)revents;
	if (next_ms == 0)
		ev_idle_start(loop, &drive->more);
	else
		ev_idle_stop(loop, &drive->more);
	ev_timer_stop(loop, &drive->timer);
	if (next_ms > 0) {
		/* the loop's idea of now may be old: it fires early then, and we look
		 * again */
		ev_timer_set(&drive->timer, (double)next_ms / 1000.0, 0.0);
		ev_timer_start(loop, &drive->timer);
	}
}

void drive_start(struct drive *drive, struct ev_loop *loop, struct engine *engine)
{
	drive->engine = engine;
	ev_prepare_init(&drive->prepare, on_prepare);
	ev_set_priority(&drive->prepare, EV_MAXPRI);
	drive->prepare.data = drive;
	ev_timer_init(&drive->timer, on_deadline, 0.0, 0.0);
	ev_idle_init(&drive->more, on_more);
	ev_prepare_start(loop, &drive->prepare);
}

void drive_stop(struct drive *drive, struct ev_loop *loop)
{
	ev_prepare_stop(loop, &drive->prepare);
	ev_timer_stop(loop, &drive->timer);
	ev_idle_stop(loop, &drive->more);
}
