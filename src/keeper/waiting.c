/*
 * waiting.c - how long entries wait, for the scoreboard
 *
 * The master decides by it how many workers there should be, and speaks to no store. What
 * it reads is of one moment: the gauges change when all queues have answered, and say -1
 * when one has not, so that nobody takes silence for an empty queue. A look that is not
 * answered in full when the next is due counts as failed.
 */
#include "keeper/waiting.h"

#include "base/loop.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "queue/queue_stats.h"

#include <stdbool.h>
#include <stdint.h>

struct waiting {
	struct ev_loop *loop;
	const struct child_env *env;
	struct queue *const *queues;
	size_t queue_count;
	ev_timer timer;
	size_t unanswered; /* of this look and of those before */
	bool failed;
	int64_t entries;
	int64_t oldest_ms;
};

static void show(struct waiting *waiting, int64_t entries, int64_t oldest_ms)
{
	score_set(waiting->env->score, SCORE_WAITING, entries);
	score_set(waiting->env->score, SCORE_OLDEST_MS, oldest_ms);
}

static void on_stats(void *arg, int rc, const struct queue_stats *stats,
		     const struct err *err)
{
	struct waiting *waiting = arg;

	(void)err; /* the link and the beats say what is wrong */
	if (rc < 0) {
		waiting->failed = true;
	} else {
		waiting->entries += stats->queued;
		if (stats->oldest_ms > waiting->oldest_ms)
			waiting->oldest_ms = stats->oldest_ms;
	}
	if (--waiting->unanswered)
		return;
	if (waiting->failed)
		show(waiting, -1, -1);
	else
		show(waiting, waiting->entries, waiting->oldest_ms);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct waiting *waiting = w->data;
	struct err err;
	size_t i;

	(void)loop;
	(void)revents;
	if (waiting->unanswered) { /* Redis is away, or slower than we ask */
		show(waiting, -1, -1);
		waiting->failed = true;
		return;
	}
	waiting->failed = false;
	waiting->entries = waiting->oldest_ms = 0;
	for (i = 0; i < waiting->queue_count; i++) {
		if (queue_stats(waiting->queues[i], on_stats, waiting, &err) < 0)
			waiting->failed = true;
		else
			waiting->unanswered++;
	}
	if (!waiting->unanswered)
		show(waiting, -1, -1);
}

struct waiting *waiting_new(struct ev_loop *loop, const struct child_env *env,
			    struct queue *const *queues, size_t queue_count)
{
	struct waiting *waiting = mem_new(struct waiting);
	double every_s = (double)env->conf->queue.heartbeat_every_ms / 1e3;

	waiting->loop = loop;
	waiting->env = env;
	waiting->queues = queues;
	waiting->queue_count = queue_count;
	show(waiting, -1, -1);
	ev_timer_init(&waiting->timer, on_timer, every_s, every_s);
	waiting->timer.data = waiting;
	ev_timer_start(loop, &waiting->timer);
	return waiting;
}

void waiting_free(struct waiting *waiting)
{
	if (!waiting)
		return;
	ev_timer_stop(waiting->loop, &waiting->timer);
	mem_free(waiting);
}
