/*
 * beat.c - heartbeat keys for the workers of this host
 *
 * A beat that could not be written is not repeated: the next one comes in a quarter of
 * the key's life, and the worker beats for itself.
 */
#include "keeper/beat.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "keeper/live.h"
#include "queue/queue_beat.h"

#include <string.h>

struct beat {
	struct ev_loop *loop;
	const struct child_env *env;
	struct queue *const *queues;
	size_t queue_count;
	ev_timer timer;
	struct live_worker workers[QUEUE_BATCH_MAX];
};

static void on_beaten(void *arg, int rc, int64_t now_ms, const struct err *err)
{
	struct score_slot *score = arg; /* outlives the beat: replies may come after it */

	(void)now_ms;
	if (rc == 0) {
		score_add(score, SCORE_BEATS, 1);
		return;
	}
	if (rc == ERR_CLOSED)
		return;
	score_add(score, SCORE_BEATS_LATE, 1);
	log_warn("beat.not_written", LOG_S("error", err->text));
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct beat *beat = w->data;
	const struct conf *conf = beat->env->conf;
	struct queue_text names[QUEUE_BATCH_MAX];
	size_t n = 0, i;
	int at = 0;

	(void)loop;
	(void)revents;
	while (n < QUEUE_BATCH_MAX &&
	       live_next(beat->env->board, conf->queue.pulse_stale_ms, &at,
			 &beat->workers[n])) {
		if (!beat->workers[n].beats)
			continue;
		names[n].data = beat->workers[n].incarnation;
		names[n].len = strlen(beat->workers[n].incarnation);
		n++;
	}
	if (!n)
		return;
	for (i = 0; i < beat->queue_count; i++) {
		struct err err;

		if (queue_beat(beat->queues[i], names, n, conf->queue.heartbeat_ttl_ms,
			       on_beaten, beat->env->score, &err) < 0)
			score_add(beat->env->score, SCORE_BEATS_LATE, 1);
	}
}

struct beat *beat_new(struct ev_loop *loop, const struct child_env *env,
		      struct queue *const *queues, size_t queue_count)
{
	struct beat *beat = mem_new(struct beat);
	double every_s = (double)env->conf->queue.heartbeat_every_ms / 1e3;

	beat->loop = loop;
	beat->env = env;
	beat->queues = queues;
	beat->queue_count = queue_count;
	ev_timer_init(&beat->timer, on_timer, every_s, every_s);
	beat->timer.data = beat;
	ev_timer_start(loop, &beat->timer);
	return beat;
}

void beat_free(struct beat *beat)
{
	if (!beat)
		return;
	ev_timer_stop(beat->loop, &beat->timer);
	mem_free(beat);
}
