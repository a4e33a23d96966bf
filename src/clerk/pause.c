/*
 * pause.c - one queue's pause, carried from Postgres to Redis
 *
 * Who pauses a queue tells Redis at once. This is for what gets lost: that call, or all
 * that Redis knew. A recovery opens no queue before its pause is there.
 */
#include "clerk/pause.h"

#include "base/log.h"
#include "queue/queue_pause.h"

#include <stdio.h>

void pause_learn(struct pause *pause, int64_t n, const char *reason)
{
	if (n < pause->n)
		return;
	pause->n = n;
	pause->paused = reason != NULL;
	(void)snprintf(pause->reason, sizeof(pause->reason), "%s", reason ? reason : "");
}

static void on_brought(void *arg, int rc, bool newest, const struct err *err)
{
	struct pause *pause = arg;

	(void)newest;
	if (rc == ERR_CLOSED)
		return; /* the ward may be gone */
	pause->calling = false;
	if (rc < 0) {
		pause->brought = 0;
		log_warn("queue.pause_not_told", LOG_S("queue", queue_name(pause->queue)),
			 LOG_S("error", err->text));
	}
}

void pause_bring(struct pause *pause)
{
	struct err err;

	if (pause->calling || !pause->n || pause->brought >= pause->n)
		return;
	pause->brought = pause->n;
	if (queue_pause(pause->queue, pause->n, pause->paused ? pause->reason : NULL,
			on_brought, pause, &err) == 0)
		pause->calling = true;
	else
		pause->brought = 0;
}

void pause_forget(struct pause *pause)
{
	pause->brought = 0;
}

int pause_ensure(struct pause *pause,
		 void (*done)(void *arg, int rc, bool newest, const struct err *err),
		 void *arg, struct err *err)
{
	if (!pause->n)
		return 1;
	pause->brought = pause->n;
	return queue_pause(pause->queue, pause->n, pause->paused ? pause->reason : NULL,
			   done, arg, err);
}
