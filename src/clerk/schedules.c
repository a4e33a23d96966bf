/*
 * schedules.c - what is to be started again and again is started
 *
 * Once a second, one call under way at a time:
 *
 *	DUE      schedules with a moment that has come, a page of them
 *	FIRE     one after the other: which moments (run/fires.c), then one commit that
 *		 notes them, makes their runs and moves the schedule on
 *	RELEASE  moments that waited for a former run, and those of a backfill
 *
 * A run that is made here has a run_at of that moment, so that clerk/due.c makes its
 * entry. Who dies before the commit has done nothing; who dies behind it leaves runs
 * without an entry, which due.c of the next lead finds. Two leads fire once: the commit
 * asks for the next_at that was read, and (schedule, moment) is unique.
 */
#include "clerk/schedules.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/zone.h"
#include "child/stores.h"
#include "clerk/ward.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "run/fires.h"
#include "store/store_definitions.h"
#include "store/store_schedules.h"

#include <string.h>

#define TURN_S         1.
#define PAGE           50
#define RELEASE_MAX    100
#define UNREADABLE_SEC 3600

struct schedules {
	const struct ward_means *means;
	ev_timer timer;
	bool leads;
	bool calling;
	struct arena arena; /* of this page */
	struct store_schedule page[PAGE];
	size_t count, at;
	bool full; /* there may be more */
	int statement;
	/* of the schedule that fires */
	int64_t due[FIRES_MAX];
	char ids[FIRES_MAX][IDS_MAX];
};

static void turn_in(struct schedules *schedules, double wait_s)
{
	ev_timer_stop(schedules->means->loop, &schedules->timer);
	ev_timer_set(&schedules->timer, wait_s, 0.);
	ev_timer_start(schedules->means->loop, &schedules->timer);
}

/* The answer to a call is here. false: it was none, or nobody wants it any more. */
static bool answered(struct schedules *schedules, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	schedules->calling = false;
	if (outcome->err.code == ERR_CLOSED || !schedules->leads)
		return false;
	if (reply)
		return true;
	log_warn("schedule.care_failed", LOG_S("error", outcome->err.text));
	turn_in(schedules, TURN_S);
	return false;
}

static void submit(struct schedules *schedules, struct pg_batch *batch, pg_done_cb cb)
{
	schedules->calling = true;
	if (pg_pool_submit(schedules->means->stores->pool, batch, 0, cb, schedules) < 0) {
		schedules->calling = false;
		turn_in(schedules, TURN_S);
	}
}

static const char *queue_of(const struct schedules *schedules)
{
	return schedules->means->env->conf->queue.names.items[0];
}

/* ---- RELEASE ---- */

static void on_released(void *arg, const struct pg_outcome *outcome,
			const struct pg_reply *reply)
{
	struct schedules *schedules = arg;
	int64_t started;

	if (!answered(schedules, outcome, reply))
		return;
	FAULT("schedule.freed");
	started = store_schedules_fired(reply, schedules->statement, "started");
	if (started)
		log_info("schedule.released", LOG_N("runs", started));
	turn_in(schedules, schedules->full || started == RELEASE_MAX ? 0. : TURN_S);
}

static void release(struct schedules *schedules)
{
	struct pg_batch *batch = pg_batch_new();

	schedules->statement = store_schedules_release(
		batch, queue_of(schedules),
		schedules->means->env->conf->engine.run_timeout_ms, RELEASE_MAX);
	submit(schedules, batch, on_released);
}

/* ---- FIRE ---- */

static void fire_next(struct schedules *schedules);

static void on_fired(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct schedules *schedules = arg;
	const struct store_schedule *schedule = &schedules->page[schedules->at];
	int at = schedules->statement;

	if (!answered(schedules, outcome, reply))
		return;
	FAULT("schedule.noted");
	log_info("schedule.fired", LOG_S("schedule", schedule->id),
		 LOG_N("started", store_schedules_fired(reply, at, "started")),
		 LOG_N("skipped", store_schedules_fired(reply, at, "skipped")),
		 LOG_N("waiting", store_schedules_fired(reply, at, "waiting")),
		 LOG_N("failed", store_schedules_fired(reply, at, "failed")));
	schedules->at++;
	fire_next(schedules);
}

/* Its moments. One whose expression or zone is none here is looked at again later. */
static void plan(struct schedules *schedules, const struct store_schedule *schedule,
		 struct store_fire_ask *ask)
{
	enum fires_missed missed = fires_missed_find(schedule->missed);
	size_t max = schedule->missed_max >= 1 && schedule->missed_max <= FIRES_MAX
			     ? (size_t)schedule->missed_max
			     : 1;
	struct cron cron;
	struct err err;

	if (cron_parse(schedule->cron, &cron, &err) < 0 || !zone_ok(schedule->zone)) {
		log_error("schedule.unreadable", LOG_S("schedule", schedule->id),
			  LOG_S("cron", schedule->cron), LOG_S("zone", schedule->zone));
		ask->next_sec = schedule->now_sec + UNREADABLE_SEC;
		return;
	}
	ask->count = fires_plan(&cron, schedule->zone,
				missed == FIRES_MISSED_COUNT ? FIRES_MISSED_ONCE : missed,
				schedule->next_us / 1000000, schedule->now_sec, max,
				schedules->due, &ask->next_sec);
}

static void fire(struct schedules *schedules, const struct store_schedule *schedule)
{
	const char *run_ids[FIRES_MAX];
	struct store_fire_ask ask = {
		.id = schedule->id,
		.version = schedule->version,
		.next_us = schedule->next_us,
		.due_sec = schedules->due,
		.run_ids = run_ids,
		.queue = queue_of(schedules),
		.run_timeout_ms = schedules->means->env->conf->engine.run_timeout_ms,
	};
	struct pg_batch *batch;
	size_t i;

	plan(schedules, schedule, &ask);
	for (i = 0; i < ask.count; i++)
		run_ids[i] = ids_run(clock_wall_ms(), schedules->ids[i]);
	FAULT("schedule.planned");
	batch = pg_batch_new();
	/* a definition that a stock sync stored gets the version that runs pin */
	(void)store_definitions_get(batch, STORE_ORCHESTRATION,
				    schedule->orchestration_id);
	schedules->statement = store_schedules_fire(batch, &ask);
	submit(schedules, batch, on_fired);
}

static void fire_next(struct schedules *schedules)
{
	if (schedules->at < schedules->count)
		fire(schedules, &schedules->page[schedules->at]);
	else
		release(schedules);
}

/* ---- DUE ---- */

static const char *keep(struct schedules *schedules, const char *text)
{
	return text ? arena_dup(&schedules->arena, text) : NULL;
}

static void on_due(void *arg, const struct pg_outcome *outcome,
		   const struct pg_reply *reply)
{
	struct schedules *schedules = arg;
	size_t i;

	if (!answered(schedules, outcome, reply))
		return;
	arena_deinit(&schedules->arena);
	arena_init(&schedules->arena);
	schedules->at = 0;
	schedules->count = (size_t)store_schedules_count(reply, schedules->statement);
	schedules->full = schedules->count == PAGE;
	for (i = 0; i < schedules->count; i++) {
		struct store_schedule *row = &schedules->page[i];

		store_schedules_read(reply, schedules->statement, (int)i, row);
		row->id = keep(schedules, row->id);
		row->tenant_id = keep(schedules, row->tenant_id);
		row->orchestration_id = keep(schedules, row->orchestration_id);
		row->cron = keep(schedules, row->cron);
		row->zone = keep(schedules, row->zone);
		row->missed = keep(schedules, row->missed);
	}
	fire_next(schedules);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct schedules *schedules = w->data;
	struct pg_batch *batch;

	(void)loop;
	(void)revents;
	if (schedules->calling)
		return;
	if (!stores_pg_up(schedules->means->stores)) {
		turn_in(schedules, TURN_S);
		return;
	}
	batch = pg_batch_new();
	schedules->statement = store_schedules_due(batch, PAGE);
	submit(schedules, batch, on_due);
}

void schedules_start(struct schedules *schedules)
{
	schedules->leads = true;
	if (!schedules->calling)
		turn_in(schedules, TURN_S);
}

void schedules_stop(struct schedules *schedules)
{
	schedules->leads = false;
	ev_timer_stop(schedules->means->loop, &schedules->timer);
}

struct schedules *schedules_new(const struct ward_means *means)
{
	struct schedules *schedules = mem_new(struct schedules);

	schedules->means = means;
	arena_init(&schedules->arena);
	ev_timer_init(&schedules->timer, on_timer, 0., 0.);
	schedules->timer.data = schedules;
	return schedules;
}

void schedules_free(struct schedules *schedules)
{
	if (!schedules)
		return;
	ev_timer_stop(schedules->means->loop, &schedules->timer);
	arena_deinit(&schedules->arena);
	mem_free(schedules);
}
