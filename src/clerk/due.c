/*
 * due.c - runs of one queue whose moment has come get their entry
 *
 * A run with a run_at waits in Postgres alone: nothing of it can be lost in Redis. Each
 * second the lead looks at those whose moment has come since it looked last; a pass of
 * reconcile.c pushes them. Who dies in between leaves rows without an entry, which the
 * next look, the next lead (it begins at the beginning) or the reconciler finds; a second
 * push is a no-op.
 *
 * A commit may be seen later than one with a later moment, so a look begins some seconds
 * before the place where the last one ended.
 */
#include "clerk/due.h"

#include "base/fault.h"
#include "child/stores.h"
#include "clerk/ward.h"
#include "conf/conf.h"
#include "ipc/kind.h"

#include <string.h>

#define BACK_US 5000000

void due_init(struct due *due, const struct ward_means *means, struct queue *queue)
{
	due->means = means;
	due->queue = queue;
}

static void on_passed(void *arg, const struct reconcile_place *place)
{
	struct due *due = arg;

	FAULT("due.passed");
	due->place = *place;
	reconcile_stop(due->pass);
	due->pass = NULL;
}

void due_look(struct due *due)
{
	const struct ward_means *means = due->means;
	struct reconcile_ask ask = {
		.loop = means->loop,
		.pool = means->stores->pool,
		.queue = due->queue,
		.score = means->env->score,
		.old_ms = means->env->conf->queue.heartbeat_ttl_ms,
		.which = STORE_LIVE_DUE,
		.done = on_passed,
		.arg = due,
	};

	if (due->pass)
		return;
	if (due->place.ready_at_us > BACK_US)
		ask.from.ready_at_us = due->place.ready_at_us - BACK_US;
	due->pass = reconcile_start(&ask);
}

void due_stop(struct due *due)
{
	reconcile_stop(due->pass);
	due->pass = NULL;
	memset(&due->place, 0, sizeof(due->place));
}
